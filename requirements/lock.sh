#!/usr/bin/env bash
# Locks every requirements file again, from pyproject.toml and the .in files. Needs uv.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
    uv pip compile --quiet --generate-hashes --python-version 3.13 --no-header --no-emit-index-url --no-emit-find-links \
        --override requirements/overrides-dev.txt "$@"
}

# dev.txt pins every version; the others are subsets of it.
lock pyproject.toml --all-extras --output-file requirements/dev.txt
subset() { lock --constraint requirements/dev.txt "$@"; }
subset pyproject.toml --extra editable --extra imaging --extra recognizer --extra sandbox --override requirements/overrides-demo.txt \
    --output-file requirements/demo.txt
for own_environment in {tests/ministack,layers/sbom,requirements/checkov}/requirements tests/contract/clients/{aws,intl,node-wheel,tccli}; do
    lock "$own_environment.in" --output-file "$own_environment.txt"
done
for component in layers/third-party layers/imaging recognizer/deploy; do
    subset "$component/requirements.in" --output-file "$component/requirements.txt"
done
