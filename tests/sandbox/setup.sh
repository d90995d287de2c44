#!/usr/bin/env bash
# The browser that the console is tested in: any Chromium on PATH, else Debian's.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo -n); fi
echo "setup: installing chromium (a minute the first time)"
"${as_root[@]}" apt-get update -qq || true # an old list of packages may do as well
if ! "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
    echo "setup: the console's tests need Chromium: install it and run this again" >&2
    exit 1
fi
