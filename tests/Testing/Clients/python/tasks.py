"""WaveSpeed's and Novita's calls with Python's own library.

Standard input: {"gateway", "prompt", "instruction", "side", "picture": base64 of a PNG file}. Prints a line of JSON for each case.
"""

import base64
import json
import sys
import time
import urllib.request

setup = json.load(sys.stdin)
picture = f"data:image/png;base64,{setup['picture']}"
size = f"{setup['side']}*{setup['side']}"


def call(path, body=None):
    request = urllib.request.Request(
        setup["gateway"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer none", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.load(response)


def ended(path, status_of, ends):
    for _ in range(1500):
        answer = call(path)
        if status_of(answer) in ends:
            return answer
        time.sleep(0.2)
    raise TimeoutError(path)


def report(case, status, url):
    with urllib.request.urlopen(url, timeout=300) as response:
        image = base64.b64encode(response.read()).decode()
    print(json.dumps({"case": case, "status": status, "images": [image]}))


def wavespeed(case, model, body):
    submitted = call(f"/api/v3/wavespeed-ai/qwen-image/{model}", body)
    assert submitted["code"] == 200, submitted
    data = ended(f"/api/v3/predictions/{submitted['data']['id']}/result", lambda answer: answer["data"]["status"], ["completed", "failed"])["data"]
    report(case, data["status"], data["outputs"][0])


def novita(case, model, body):
    task = call(f"/v3/async/{model}", body)["task_id"]
    answer = ended(
        f"/v3/async/task-result?task_id={task}", lambda answer: answer["task"]["status"], ["TASK_STATUS_SUCCEED", "TASK_STATUS_FAILED"])
    report(case, answer["task"]["status"], answer["images"][0]["image_url"])


wavespeed("wavespeed draw", "text-to-image", {"prompt": setup["prompt"], "size": size, "output_format": "png"})
wavespeed("wavespeed edit", "edit-plus", {"prompt": setup["instruction"], "images": [picture], "size": size, "output_format": "webp"})
novita("novita draw", "qwen-image-txt2img", {"prompt": setup["prompt"], "size": size})
novita("novita edit", "qwen-image-edit", {"prompt": setup["instruction"], "image": setup["picture"], "output_format": "jpeg"})
