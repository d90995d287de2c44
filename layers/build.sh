#!/usr/bin/env bash
# Builds .aws-sam/build with SAM for ARCHITECTURE (x86_64 or arm64), unless what is there was made from the same files for the same one.
set -euo pipefail
cd "$(dirname "$0")/.."
export ARCHITECTURE="${ARCHITECTURE:-x86_64}" SAM_CLI_TELEMETRY=0
case $ARCHITECTURE in x86_64 | arm64) ;; *) echo "build: ARCHITECTURE is $ARCHITECTURE; it can be x86_64 or arm64" >&2; exit 2 ;; esac

# Two at once, such as of two terminals, would empty each other's directory.
mkdir -p .aws-sam
exec 9>.aws-sam/building
if command -v flock >/dev/null; then flock 9; fi

inputs() {
    echo "$ARCHITECTURE" "$(.venv/bin/python --version)" "$(.venv/bin/sam --version)"
    find functions layers -type f -not -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 cksum template.yaml samconfig.toml requirements/dev.txt
}

made=.aws-sam/build/made-from
wanted=$(inputs | cksum)
if [ -f .aws-sam/build/template.yaml ] && [ "$(cat $made 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo "build: sam build for $ARCHITECTURE"
if ! .venv/bin/sam build --parameter-overrides "Architecture=$ARCHITECTURE" >.aws-sam/build.log 2>&1; then
    cat .aws-sam/build.log >&2
    echo "build: sam build failed (above: why)" >&2
    exit 1
fi

# The template that is deployed offers only the processor that was built for: CloudFormation then refuses the other one. Its stamp changes
# with the code and with itself, so that versions are published of both (SnapStart).
pinned=$(sed -e "/^  Architecture:/,/^    Default:/{
    /^    - /d
    s/^    AllowedValues:.*/    AllowedValues: [$ARCHITECTURE]/
    s/^    Default:.*/    Default: $ARCHITECTURE/
}" -e "s/^\([ -]*- \)artefacts-unstamped$/\1artefacts-${wanted%% *}/; s/^\([ -]*- \)unstamped$/\1stamped/" .aws-sam/build/template.yaml)
echo "$pinned" >.aws-sam/build/template.yaml
echo "$wanted" >$made
