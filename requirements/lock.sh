#!/usr/bin/env bash
# Writes the locked requirements again from pyproject.toml and layers/third-party/requirements.in. Needs uv.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --generate-hashes --python-version 3.13 --no-header --no-emit-index-url --no-emit-find-links "$@"; }
lock pyproject.toml --all-extras --override requirements/overrides.txt --output-file requirements/workshop.txt
lock layers/third-party/requirements.in --constraint requirements/workshop.txt --output-file layers/third-party/requirements.txt
