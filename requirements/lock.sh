#!/usr/bin/env bash
# Writes the locked requirements again from pyproject.toml and the layers' requirements.in. Needs uv.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --generate-hashes --python-version 3.13 --no-header --no-emit-index-url --no-emit-find-links "$@"; }
lock pyproject.toml --all-extras --override requirements/overrides.txt --output-file requirements/workshop.txt
for layer in third-party imaging; do
    lock "layers/$layer/requirements.in" --constraint requirements/workshop.txt --output-file "layers/$layer/requirements.txt"
done
lock recognizer/deploy/requirements.in --constraint requirements/workshop.txt --override requirements/overrides.txt --output-file recognizer/deploy/requirements.txt
