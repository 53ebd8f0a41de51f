#!/usr/bin/env bash
# Novita's calls with curl and jq.
source "$(dirname "$0")/common.sh"

# task CASE ROUTE BODY
task() {
  local id answer
  id=$(post "/v3/async/$2" "$3" | jq -er .task_id)
  answer=$(poll "/v3/async/task-result?task_id=$id" .task.status 'TASK_STATUS_SUCCEED|TASK_STATUS_FAILED')
  report "$1" "$(jq -er '.images[0].image_url' <<<"$answer")" status "$(jq -r .task.status <<<"$answer")"
}

task draw qwen-image-txt2img '{prompt: .prompt, size: "\(.side)*\(.side)"}'
task edit qwen-image-edit '{prompt: .instruction, image: $picture, seed: 11, output_format: "png"}'
