.PHONY: setup demo test check build bench bench-check schemas specimens clean
ARCHITECTURE ?= x86_64
export ARCHITECTURE
export SAM_CLI_TELEMETRY = 0

setup:
	@requirements/setup.sh

build: setup
	@layers/build.sh

check: setup
	@requirements/check.sh

test: check build
	@tests/contract/clients/setup.sh
	@tests/sandbox/setup.sh
	@.venv/bin/pytest

demo: build
	@.venv/bin/permit-ocr demo

# A quarter of an hour, on a machine that does nothing else meanwhile.
bench: setup
	@.venv/bin/python -m bench.benchmarks

bench-check: setup
	@.venv/bin/python -m bench.benchmarks --check

schemas: setup
	@.venv/bin/python events/schemas/write.py
	@.venv/bin/python events/samples/write.py

specimens: setup
	@.venv/bin/python -m specimens --out events/specimens --committed

clean:
	@rm -rf .aws-sam .sandbox .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
