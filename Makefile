.DEFAULT_GOAL := help
.PHONY: help demo setup unit check test format build bench bench-check schemas specimens screenshots lock clean
ARCHITECTURE ?= x86_64
export ARCHITECTURE
export SAM_CLI_TELEMETRY = 0

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the specimen photos through a local sandbox and print the results
	@requirements/setup.sh demo
	@layers/build.sh
	@.venv/bin/permit-ocr demo

setup: ## Install the locked packages of a developer into .venv
	@requirements/setup.sh dev

unit: setup ## Run the unit tests: no browser, Node, fonts or network (a minute)
	@.venv/bin/pytest --quiet --numprocesses=auto -m "not slow" tests/unit

check: setup ## Run every static check: lint, format, types, imports, templates
	@requirements/check.sh

test: setup ## Run every check and every test, in parallel
	@tests/run.sh

format: setup ## Format the code and fix what the linter can fix
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format --quiet .

build: setup ## Build what is deployed and its SBOM, for ARCHITECTURE=x86_64 (default) or arm64
	@layers/build.sh
	@layers/sbom/write.sh

bench: setup ## Measure cold starts, cost, memory and size (15 minutes on an idle machine)
	@.venv/bin/python -m bench.system

bench-check: setup ## Measure again; fail if a ratio is worse than the committed one
	@.venv/bin/python -m bench.system --check

schemas: setup ## Write the message schemas, the API description and the samples again
	@.venv/bin/python -m events.schemas.write
	@.venv/bin/python -m events.samples.write

specimens: setup ## Draw the committed specimen photos again (needs the fonts it names)
	@.venv/bin/python -m specimens --out events/specimens --committed

screenshots: setup ## Make the screenshots of the console in docs/images again, with the sandbox
	@tests/sandbox/setup.sh
	@SCREENSHOTS=docs/images .venv/bin/pytest --quiet tests/sandbox/api/test_console.py -k screenshots

lock: ## Lock the dependencies again (needs uv)
	@requirements/lock.sh

clean: ## Delete build results and caches; keep .venv
	@rm -rf .aws-sam .sandbox .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
