#!/usr/bin/env bash
# DashScope's calls with curl and jq: drawn and edited at once, and drawn as a task.
source "$(dirname "$0")/common.sh"

at_once() { post /api/v1/services/aigc/multimodal-generation/generation "$1" | jq -er '.output.choices[0].message.content[0].image'; }

report draw "$(at_once '{model: "qwen-image-2.0", input: {messages: [{role: "user", content: [{text: .prompt}]}]}, parameters: {size: "\(.side)*\(.side)", seed: 11}}')"
report edit "$(at_once '{model: "qwen-image-edit-plus", input: {messages: [{role: "user", content: [{image: $picture}, {text: .instruction}]}]},
  parameters: {size: "\(.side)*\(.side)", n: 1, negative_prompt: " ", watermark: false}}')"

submitted=$(post /api/v1/services/aigc/text2image/image-synthesis '{model: "qwen-image", input: {prompt: .prompt}, parameters: {size: "1328*1328", n: 1}}' -H 'X-DashScope-Async: enable')
answer=$(poll "/api/v1/tasks/$(jq -er .output.task_id <<<"$submitted")" .output.task_status 'SUCCEEDED|FAILED|CANCELED|UNKNOWN')
report task "$(jq -er '.output.results[0].url' <<<"$answer")" status "$(jq -r .output.task_status <<<"$answer")"
