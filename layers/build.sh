#!/usr/bin/env bash
# Builds .aws-sam/build with SAM for ARCHITECTURE (x86_64 or arm64). Does nothing if neither sources nor architecture changed since the last build.
set -euo pipefail
cd "$(dirname "$0")/.."
export ARCHITECTURE="${ARCHITECTURE:-x86_64}" SAM_CLI_TELEMETRY=0
case $ARCHITECTURE in x86_64 | arm64) ;; *) echo "build: ARCHITECTURE must be x86_64 or arm64, not $ARCHITECTURE" >&2; exit 2 ;; esac

# Concurrent builds would delete each other's files.
mkdir -p .aws-sam
exec 9>.aws-sam/building
if command -v flock >/dev/null; then flock 9; fi

inputs() {
    echo "$ARCHITECTURE" "$(.venv/bin/python --version)" "$(.venv/bin/sam --version)"
    find functions layers -type f -not -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 cksum template.yaml samconfig.toml requirements/dev.txt
}

last_inputs=.aws-sam/build/inputs
current=$(inputs | cksum)
if [ -f .aws-sam/build/template.yaml ] && [ "$(cat $last_inputs 2>/dev/null)" = "$current" ]; then exit 0; fi

echo "build: sam build for $ARCHITECTURE"
if ! .venv/bin/sam build --parameter-overrides "Architecture=$ARCHITECTURE" >.aws-sam/build.log 2>&1; then
    cat .aws-sam/build.log >&2
    echo "build: sam build failed; its output is above" >&2
    exit 1
fi

# The built template offers only the architecture it was built for, so CloudFormation refuses the other one. It also names the inputs, which include
# samconfig.toml: SAM publishes no version of a function when only a parameter's value changes (ADR 33).
pinned=$(sed -e "/^  Architecture:/,/^    Default:/{
    /^    - /d
    s/^    AllowedValues:.*/    AllowedValues: [$ARCHITECTURE]/
    s/^    Default:.*/    Default: $ARCHITECTURE/
}" -e "s/^\( *RELEASE:\) unbuilt$/\1 build-${current%% *}/" .aws-sam/build/template.yaml)
echo "$pinned" >.aws-sam/build/template.yaml
echo "$current" >$last_inputs
