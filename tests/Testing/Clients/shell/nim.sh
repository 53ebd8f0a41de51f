#!/bin/bash
# Draws, polls and edits an uploaded picture through NIM's interface with curl and jq. Standard input: {"gateway", "cases": their names, "first": base64 of
# a PNG file, "fields": of every request}. Prints a line of JSON for each case: {"case", "statuses": of all calls, "images": [base64]}.
set -euo pipefail

most_polls=20
setup=$(cat)
gateway=$(jq -r .gateway <<<"$setup")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
statuses=()

# One call; its answer is in the files headers and body.
call() {
  statuses+=("$(curl -sS --max-time 240 -D "$work/headers" -o "$work/body" -w '%{http_code}' -H 'Authorization: Bearer none' "$@")")
}

header() {
  tr -d '\r' <"$work/headers" | sed -n "s/^$1: //Ip"
}

infer() {
  call "$gateway/v1/infer" -H 'Content-Type: application/json' -H 'Accept: application/json' -d @"$work/request" "$@"
}

report() {
  jq -c --arg case "$1" '{case: $case, statuses: $ARGS.positional, images: [.artifacts[]?.base64]}' "$work/body" --args "${statuses[@]}"
}

generate() {
  jq .fields <<<"$setup" >"$work/request"
  infer
  report generate
}

poll() {
  jq .fields <<<"$setup" >"$work/request"
  infer -H 'NVCF-POLL-SECONDS: 0'
  for ((polls = 0; polls < most_polls && ${statuses[-1]} == 202; polls++)); do
    call "$gateway/v1/status/$(header NVCF-REQID)" -H 'NVCF-POLL-SECONDS: 20'
  done
  report poll
}

edit() {
  local asset url description='a picture'
  jq -r .first <<<"$setup" | base64 -d >"$work/picture"
  call "$gateway/v2/nvcf/assets" -H 'Content-Type: application/json' -d "{\"contentType\":\"image/png\",\"description\":\"$description\"}"
  asset=$(jq -r .assetId "$work/body")
  url=$(jq -r .uploadUrl "$work/body")
  call -T "$work/picture" "$url" -H 'Content-Type: image/png' -H "x-amz-meta-nvcf-asset-description: $description"
  jq --arg image "data:image/png;asset_id,$asset" '.fields + {image: $image}' <<<"$setup" >"$work/request"
  infer -H "NVCF-INPUT-ASSET-REFERENCES: $asset" -H "NVCF-FUNCTION-ASSET-IDS: $asset"
  mv "$work/body" "$work/edited"
  call -X DELETE "$gateway/v2/nvcf/assets/$asset"
  infer -H "NVCF-INPUT-ASSET-REFERENCES: $asset"
  mv "$work/edited" "$work/body"
  report edit
}

for name in $(jq -r '.cases[]' <<<"$setup"); do
  statuses=()
  "$name"
done
