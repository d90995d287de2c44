#!/usr/bin/env bash
# Runs every static check, also after one has failed. Prints only the output of failed checks.
set -uo pipefail
cd "$(dirname "$0")/.."
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}" # SAM requires a region but calls nothing

failed=0
try() {
    local output
    if ! output=$(.venv/bin/"$@" 2>&1); then
        printf '%s\n' "--- $*" "$output" >&2
        failed=1
    fi
}

try ruff check --quiet .
try ruff format --check --quiet .
try mypy
try mypy --explicit-package-bases layers/artefact.py layers/trim_botocore.py functions events tests bench
try lint-imports
try cfn-lint template.yaml recognizer/deploy/template.yaml
try cfn-lint --regions us-east-1 -- examples/budget.yaml
try cfn-lint --regions eu-central-1 -- examples/pipe.yaml
try sam validate --lint
try sam validate --lint --template recognizer/deploy/template.yaml
if [ "$failed" = 0 ]; then echo "check: passed"; fi
exit "$failed"
