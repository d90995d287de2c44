#!/usr/bin/env bash
# Builds .aws-sam/build with SAM for ARCHITECTURE (x86_64 or arm64), unless what is there was made from the same files for the same one.
set -euo pipefail
cd "$(dirname "$0")/.."
export ARCHITECTURE="${ARCHITECTURE:-x86_64}" SAM_CLI_TELEMETRY=0
case $ARCHITECTURE in x86_64 | arm64) ;; *) echo "build: ARCHITECTURE is $ARCHITECTURE; it can be x86_64 or arm64" >&2; exit 2 ;; esac

inputs() {
    echo "$ARCHITECTURE" "$(.venv/bin/python --version)" "$(.venv/bin/sam --version)"
    find functions layers -type f -not -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 cksum template.yaml samconfig.toml requirements/workshop.txt
}

made=.aws-sam/build/made-from
wanted=$(inputs | cksum)
if [ -f .aws-sam/build/template.yaml ] && [ "$(cat $made 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo "build: sam build for $ARCHITECTURE"
mkdir -p .aws-sam
if ! .venv/bin/sam build --parameter-overrides "Architecture=$ARCHITECTURE" >.aws-sam/build.log 2>&1; then
    cat .aws-sam/build.log >&2
    echo "build: sam build failed (above: why)" >&2
    exit 1
fi

# The template that is deployed offers only the processor that was built for: CloudFormation then refuses the other one.
pinned=$(sed "/^  Architecture:/,/^    Default:/{
    /^    - /d
    s/^    AllowedValues:.*/    AllowedValues: [$ARCHITECTURE]/
    s/^    Default:.*/    Default: $ARCHITECTURE/
}" .aws-sam/build/template.yaml)
echo "$pinned" >.aws-sam/build/template.yaml
echo "$wanted" >$made
