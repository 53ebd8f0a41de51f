#!/usr/bin/env bash
# Oxen's calls with curl, jq and awk: at once, by queue, by events, and a model's description.
source "$(dirname "$0")/common.sh"

edit='{model: "qwen-image-edit", prompt: .instruction, input_image: $picture, aspect_ratio: "1:1"}'
enqueue() { post /api/ai/queue "$edit" | jq -r '.generations[0].generation_id'; }

report sync "$(post /api/ai/images/edit "$edit" | jq -er '.images[0].url')"

answer=$(poll "/api/ai/queue/$(enqueue)" .status 'succeeded|failed|cancelled')
report queue "$(jq -er .result_url <<<"$answer")" status "$(jq -r .status <<<"$answer")"

# Enqueued before anybody listens.
id=$(enqueue)
# awk leaves at its event, and curl with it.
event=$({ curl -sSN --max-time 300 -H "$AUTH" "$GATEWAY/api/events" 2>"$work/events.log" || true; } | awk -v id="$id" '
  $0 == "event: media_generation_completed" { completed = 1; next }
  completed && /^data: / { if (index($0, "\"generation_id\":\"" id "\"")) { print substr($0, 7); exit } }
  { completed = 0 }')
report events "$(jq -er .url <<<"$event")" status "$(jq -r .status <<<"$event")"

get /api/ai/models/qwen-image-edit | jq -c '{case: "model", images: [], required: .json_request_schema.required}'
