#!/usr/bin/env bash
# Sends one photo to a deployed API in a signed request and prints the result. Needs curl 7.75 or later.
#
#     export AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…     # and AWS_SESSION_TOKEN
#     API_URL=https://….execute-api.eu-central-1.amazonaws.com examples/api/recognize.sh photo.jpg
set -euo pipefail

token=() # of temporary credentials
if [ -n "${AWS_SESSION_TOKEN:-}" ]; then token=(--header "x-amz-security-token: $AWS_SESSION_TOKEN"); fi

# The keys are not on the command line, which every process can read.
{ printf '{"document": "%s", "image_base64": "' "${2:-auto}"; base64 -w0 "$1"; printf '"}'; } |
    curl --silent --show-error --fail-with-body --data-binary @- --header 'content-type: application/json' "${token[@]}" \
        --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" \
        --config <(printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY") \
        "$API_URL/v1/recognitions"
