#!/usr/bin/env bash
# Makes .venv with Python 3.13 (found on PATH, through pyenv or through uv) and everything requirements/workshop.txt locks.
set -euo pipefail
cd "$(dirname "$0")/.."

is_313() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python; do
        if is_313 "$candidate"; then command -v "$candidate"; return; fi
    done
    if command -v uv >/dev/null && candidate=$(uv python find 3.13 2>/dev/null || { uv python install -q 3.13 && uv python find 3.13; }); then
        echo "$candidate"; return
    fi
    echo "setup: Python 3.13 was not found on PATH, through pyenv or through uv. Install it: pyenv install 3.13, or uv python install 3.13" >&2
    return 1
}

locked=$(cat requirements/workshop.txt pyproject.toml | cksum)
if [ -f .venv/.locked ] && [ "$(cat .venv/.locked)" = "$locked" ] && is_313 .venv/bin/python; then exit 0; fi

python=$(find_python)
echo "setup: making .venv with $("$python" --version)"
[ -x .venv/bin/python ] && is_313 .venv/bin/python || { rm -rf .venv; "$python" -m venv .venv; }
echo "setup: installing the locked packages (two minutes the first time)"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/workshop.txt
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
echo "$locked" > .venv/.locked
