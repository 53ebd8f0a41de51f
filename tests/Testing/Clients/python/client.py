"""Draws, edits and inpaints with requests, as scripts without the vendor's client do.

Standard input: {"gateway", "first", "second", "mask": base64 of PNG files}, and where not every case is to be run as it is here, "cases": their names,
and "fields", which replace or extend every request's own. Prints a line of JSON for each case.
"""

import base64
import json
import sys

import requests

setup = json.load(sys.stdin)
session = requests.Session()
session.headers["Authorization"] = "Bearer none"


def file(name):
    return (f"{name}.png", base64.b64decode(setup[name]), "image/png")


def post(path, **arguments):
    for fields in {"json", "data"} & arguments.keys():
        arguments[fields] |= setup.get("fields", {})
    return session.post(f"{setup['gateway']}/v1/images/{path}", timeout=300, **arguments)


def stream(path, **arguments):
    """Events as the vendor's client for Python decodes them: comments are skipped, and a truthy error is one."""
    response = post(path, stream=True, **arguments)
    if not response.ok:
        return response
    events, name = [], None
    for line in response.iter_lines(decode_unicode=True):
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = json.loads(line.removeprefix("data: "))
            if data.get("error"):
                sys.exit(f"the stream has an error: {data}")
            assert name == data["type"], line[:200]
            events.append(data)
        else:
            assert line == "" or line.startswith(":"), line[:200]
    return events


def addresses(**arguments):
    response = post("generations", **arguments)
    response.raise_for_status()
    return [{"b64_json": base64.b64encode(requests.get(item["url"], timeout=300).content).decode()} for item in response.json()["data"]]


CASES = {
    "generate": lambda: post("generations", json={"prompt": "a red circle", "size": "512x512", "n": 2}),
    "edit": lambda: post("edits", data={"prompt": "make it blue", "size": "512x512"}, files={"image": file("first")}),
    "several": lambda: post("edits", data={"prompt": "both"}, files=[("image[]", file("first")), ("image", file("second"))]),
    "inpaint": lambda: post("edits", data={"prompt": "a hat", "size": "512x512"}, files={"mask": file("mask"), "image": file("first")}),
    "json": lambda: post("edits", json={
        "prompt": "make it blue", "size": "512x512", "images": [{"image_url": "data:image/png;base64," + setup["first"]}]}),
    "stream": lambda: stream("generations", json={"prompt": "a red circle", "size": "512x512", "stream": True, "partial_images": 2}),
    "streamedEdit": lambda: stream(
        "edits", data={"prompt": "make it blue", "size": "512x512", "stream": "true", "partial_images": "2"}, files={"image[]": file("first")}),
    "url": lambda: addresses(json={"prompt": "a red circle", "size": "512x512", "response_format": "url"}),
    "opaque": lambda: post("edits", data={"prompt": "a hat"}, files={"image": file("first"), "mask": file("second")}),
}

for name in setup.get("cases", CASES):
    response = CASES[name]()
    if isinstance(response, list):
        events = [{"type": item["type"], "index": item.get("partial_image_index")} for item in response if "type" in item]
        print(json.dumps({"case": name, "events": events, "images": [item["b64_json"] for item in response]}))
        continue
    answer = response.json()
    if response.ok:
        print(json.dumps({"case": name, "images": [item["b64_json"] for item in answer["data"]]}))
    else:
        print(json.dumps({"case": name, "status": response.status_code, "param": answer["error"]["param"], "message": answer["error"]["message"]}))
