#!/usr/bin/env bash
# Makes .venv-ministack: the AWS emulator MiniStack, where its packages cannot get in the way of the project's. Needs .venv for pip.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=.venv-ministack

stamp=$(cat tests/ministack/requirements.txt tests/ministack/setup.sh | cksum)
if [ "$(cat "$home/.ready" 2>/dev/null)" = "$stamp" ] && "$home/bin/python" --version >/dev/null 2>&1; then exit 0; fi
rm -rf "$home"
echo "setup: installing MiniStack (some seconds)"
.venv/bin/python -m venv --without-pip "$home"
.venv/bin/python -m pip --python "$home/bin/python" install -qq --no-compile --disable-pip-version-check \
    --no-deps --require-hashes -r tests/ministack/requirements.txt
echo "$stamp" > "$home/.ready"
