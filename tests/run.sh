#!/usr/bin/env bash
# Every static check and every test. The static checks run beside the build and the installations, which wait for the network;
# then pytest uses every processor. tests/conftest.py says which tests share a process. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements/check.sh & check=$!
trap 'kill "$check" 2>/dev/null || true' EXIT
layers/build.sh
tests/contract/clients/setup.sh
tests/sandbox/setup.sh
wait "$check"
trap - EXIT

# Coverage counts what this process runs, not the functions that the sandbox starts. sys.monitoring costs next to nothing.
export COVERAGE_CORE=sysmon
exec .venv/bin/pytest --numprocesses=auto --dist=loadgroup --no-loadscope-reorder --durations=20 --cov "$@"
