# shellcheck shell=bash disable=SC2016
# What the clients in this folder share. Standard input: {"gateway", "prompt", "instruction", "side", "picture": base64 of a PNG file}.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/setup.json"
GATEWAY=$(jq -r .gateway "$work/setup.json")
AUTH='Authorization: Bearer none'

# body FILTER: the setup turned to the body of a request; $picture is its picture as a data URI.
body() { jq -c '("data:image/png;base64," + .picture) as $picture | '"$1" "$work/setup.json"; }

# post PATH FILTER [OPTION...]: prints the answer.
post() {
  local path=$1 filter=$2
  shift 2
  body "$filter" | curl -sS --fail-with-body --max-time 300 -X POST "$GATEWAY$path" -H "$AUTH" -H 'Content-Type: application/json' "$@" --data @-
}

get() { curl -sS --fail-with-body --max-time 300 -H "$AUTH" "$GATEWAY$1"; }

# poll PATH FILTER PATTERN: asks until what FILTER finds is one of PATTERN ("a|b"), and prints the last answer; not for ever.
poll() {
  local answer status i
  for ((i = 0; i < 1500; i++)); do
    answer=$(get "$1")
    status=$(jq -r "$2" <<<"$answer")
    if [[ "|$3|" == *"|$status|"* ]]; then
      printf '%s\n' "$answer"
      return
    fi
    sleep 0.2
  done
  echo "'$status' is not the end" >&2
  return 1
}

# report CASE URL [KEY VALUE]: fetches a picture and prints the line of a case.
report() {
  curl -sS --fail --max-time 120 -o "$work/picture" "$2"
  base64 -w 0 "$work/picture" >"$work/picture.txt"
  jq -cn --arg case "$1" --rawfile picture "$work/picture.txt" --arg key "${3:-url}" --arg value "${4:-$2}" '{case: $case, images: [$picture], ($key): $value}'
}
