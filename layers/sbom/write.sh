#!/usr/bin/env bash
# Writes .aws-sam/sbom.cdx.json: the bill of materials (CycloneDX) of the packages in the layers, from their locked requirements. The tool has an
# environment of its own (.venv-sbom), which needs .venv for pip.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=.venv-sbom

stamp=$(cat layers/sbom/requirements.txt layers/sbom/write.sh | cksum)
if [ "$(cat "$home/.ready" 2>/dev/null)" != "$stamp" ] || ! "$home/bin/python" --version >/dev/null 2>&1; then
    rm -rf "$home"
    .venv/bin/python -m venv --without-pip "$home"
    .venv/bin/python -m pip --python "$home/bin/python" install -qq --no-compile --disable-pip-version-check \
        --no-deps --require-hashes -r layers/sbom/requirements.txt
    echo "$stamp" > "$home/.ready"
fi

mkdir -p .aws-sam
cat layers/third-party/requirements.txt layers/imaging/requirements.txt |
    "$home/bin/cyclonedx-py" requirements --pyproject pyproject.toml --mc-type application --output-reproducible --validate \
        --spec-version 1.6 --output-format JSON --output-file .aws-sam/sbom.cdx.json -
