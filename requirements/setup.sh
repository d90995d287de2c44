#!/usr/bin/env bash
# Makes .venv with Python 3.13 (found on PATH, through pyenv or through uv) and the locked packages: `setup.sh demo` for what a demo needs,
# `setup.sh dev` for everything. Does nothing where that is installed already.
set -euo pipefail
cd "$(dirname "$0")/.."
set_name=${1:-dev}
case $set_name in
    demo) expectation="one to two minutes and 0.6 GB" ;;
    dev) expectation="two to three minutes and 1.1 GB" ;;
    *) echo "setup: unknown set of packages: $set_name (demo or dev)" >&2; exit 2 ;;
esac

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

checksum() { cat "requirements/$1.txt" pyproject.toml | cksum; }
is_installed() { [ "$(cat .venv/.locked 2>/dev/null)" = "$1 $(checksum "$1")" ]; }
if is_313 .venv/bin/python && { is_installed dev || is_installed "$set_name"; }; then exit 0; fi

# pip prints nothing for minutes. Packages are counted twice: as pip finds them, then as it unpacks them.
show_progress() { # the process to wait for, its output, how many packages it installs
    local step="" last="" seconds
    while kill -0 "$1" 2>/dev/null; do
        sleep 1
        if grep -q '^Installing collected packages' "$2"; then
            step="unpacked $(find .venv/lib -maxdepth 3 -name '*.dist-info' -newer "$2.start" | wc -l)"
        else
            step="downloaded $(grep -c '^Collecting' "$2" || true)"
        fi
        seconds=$((SECONDS - started))
        if [ -t 1 ]; then
            printf '\rsetup: %s of %s packages, %s s ' "$step" "$3" "$seconds"
        elif [ $((seconds % 15)) = 0 ] && [ "$step" != "$last" ]; then
            echo "setup: $step of $3 packages, $seconds s"
            last=$step
        fi
    done
    if [ -t 1 ]; then echo; fi
}

started=$SECONDS
python=$(find_python)
if ! is_313 .venv/bin/python; then
    echo "setup: making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }

count=$(grep -c '^[a-z0-9].*==' "requirements/$set_name.txt")
echo "setup: installing $count locked packages; the first time takes about $expectation"
log=$(mktemp) && touch "$log.start"
trap 'rm -f "$log" "$log.start"' EXIT
# Without --no-compile pip would compile every module of every package: a minute for bytecode that is mostly never used.
pip install --no-compile --no-deps --require-hashes --progress-bar off -r "requirements/$set_name.txt" >"$log" 2>&1 &
installing=$!
show_progress "$installing" "$log" "$count"
if ! wait "$installing"; then
    cat "$log" >&2
    echo "setup: pip could not install requirements/$set_name.txt (above: why)" >&2
    exit 1
fi
pip install -qq --no-deps --no-build-isolation -e .
echo "$set_name $(checksum "$set_name")" > .venv/.locked
echo "setup: done after $((SECONDS - started)) s; .venv takes $(du -sm .venv | cut -f1) MB"
