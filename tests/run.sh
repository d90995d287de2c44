#!/usr/bin/env bash
# Every static check and every test; arguments go to pytest. The checks run beside the build and the installations, which mostly wait
# for the network. The tests of a file share a process, since they share its fixtures. The sandbox's tests mostly wait, for timers and for other
# processes, so there are two more processes than processors.
set -euo pipefail
cd "$(dirname "$0")/.."

steps=()
for step in requirements/check.sh requirements/checkov/check.sh layers/build.sh layers/sbom/write.sh \
    tests/contract/clients/setup.sh tests/sandbox/setup.sh tests/ministack/setup.sh; do
    "$step" &
    steps+=($!)
done
failed=0
for step in "${steps[@]}"; do wait "$step" || failed=1; done
[ "$failed" = 0 ] || exit 1

# Coverage does not count the functions that the sandbox starts. With sys.monitoring it costs next to nothing.
export COVERAGE_CORE=sysmon
processes=$(($(getconf _NPROCESSORS_ONLN) + 2))
exec .venv/bin/pytest --numprocesses="$processes" --dist=loadfile --no-loadscope-reorder --durations=20 --cov "$@"
