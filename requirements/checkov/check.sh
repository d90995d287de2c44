#!/usr/bin/env bash
# Checks the built template with Checkov, which has an environment of its own (.venv-checkov) that needs .venv for pip. The exceptions, each with
# its reason, are in .checkov.yaml. Not the source: Checkov does not read YAML's merge keys.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=.venv-checkov

stamp=$(cat requirements/checkov/requirements.txt requirements/checkov/check.sh | cksum)
if [ "$(cat "$home/.ready" 2>/dev/null)" != "$stamp" ] || ! "$home/bin/python" --version >/dev/null 2>&1; then
    echo "setup: installing Checkov (190 MB; less than a minute)"
    rm -rf "$home"
    .venv/bin/python -m venv --without-pip "$home"
    .venv/bin/python -m pip --python "$home/bin/python" install -qq --no-compile --disable-pip-version-check \
        --no-deps --require-hashes -r requirements/checkov/requirements.txt
    echo "$stamp" > "$home/.ready"
fi

layers/build.sh
"$home/bin/checkov" --file .aws-sam/build/template.yaml --config-file .checkov.yaml
