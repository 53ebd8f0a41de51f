#!/usr/bin/env bash
# WaveSpeed's calls with curl and jq.
source "$(dirname "$0")/common.sh"

submit() { post "/api/v3/wavespeed-ai/qwen-image/$1" "$2" | jq -er .data.id; }

id=$(submit text-to-image '{prompt: .prompt, size: "\(.side)*\(.side)", seed: 11, output_format: "png"}')
answer=$(poll "/api/v3/predictions/$id/result" .data.status 'completed|failed')
report draw "$(jq -er '.data.outputs[0]' <<<"$answer")" status "$(jq -r .data.status <<<"$answer")"

id=$(submit edit '{prompt: .instruction, image: $picture, seed: -1, output_format: "jpeg", enable_base64_output: false, enable_sync_mode: false}')
answer=$(poll "/api/v3/predictions/$id/result" .data.status 'completed|failed')
report edit "$(jq -er '.data.outputs[0]' <<<"$answer")" status "$(jq -r .data.status <<<"$answer")"
