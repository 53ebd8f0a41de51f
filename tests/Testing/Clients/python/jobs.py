"""Jobs of ImageGeneration with grpcio. Standard input: {"gateway": authority, "descriptors": base64 of the FileDescriptorSet of the contract and of
google.rpc.Status and its details, "request", "long": messages to submit}. Prints a line of JSON for each case."""

import base64
import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

setup = json.load(sys.stdin)
pool = descriptor_pool.DescriptorPool()
factory = message_factory.MessageFactory(pool)
for file in descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(setup["descriptors"])).file:
    pool.Add(file)
service = pool.FindServiceByName("qwenmesh.v1.ImageGeneration")
channel = grpc.insecure_channel(setup["gateway"])


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName(name))


def call(name, **fields):
    method = service.FindMethodByName(name)
    request, response = (factory.GetPrototype(kind) for kind in (method.input_type, method.output_type))
    kind = channel.unary_stream if name == "Watch" else channel.unary_unary
    invoke = kind(f"/{service.full_name}/{name}", request_serializer=request.SerializeToString, response_deserializer=response.FromString)
    return invoke(json_format.ParseDict(fields, request()), timeout=300)


def watch(job, after=0):
    return call("Watch", id=job, after=after)


def numbers(events):
    return list(dict.fromkeys(event.number for event in events))


def state(message):
    return message.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number[message.state].name


def submit():
    return call("Submit", request=setup["request"], idempotency_key="py").id


def watch_from_the_first():
    global drawn
    drawn = submit()
    events = list(watch(drawn))
    image = b"".join(event.image.data for event in events if event.HasField("image"))
    return {"numbers": numbers(events), "first": events[0].WhichOneof("kind"), "state": state(events[-1].ended), "image": base64.b64encode(image).decode()}


def cancel():
    job = call("Submit", request=setup["long"]).id
    for event in watch(job):
        if event.HasField("started"):
            call("Cancel", id=job)
    return {"state": state(event.ended)}


def listed():
    first = call("List", page_size=1)
    second = call("List", page_size=1, page_token=first.next_page_token)
    return {"states": [state(job) for page in (first, second) for job in page.jobs], "isDrawn": second.jobs[0].id == drawn}


def unknown():
    try:
        call("Get", id="none")
    except grpc.RpcError as error:
        status = message("google.rpc.Status").FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
        info = message("google.rpc.ErrorInfo")()
        assert any(detail.Unpack(info) for detail in status.details), status
        return {"code": error.code().value[0], "reason": info.reason}
    return {}


CASES = {
    "watch": watch_from_the_first,
    "resume": lambda: {"numbers": numbers(watch(drawn, 3))},
    "again": lambda: {"isSame": submit() == drawn},
    "get": lambda: {"state": state(call("Get", id=drawn))},
    "cancel": cancel,
    "list": listed,
    "unknown": unknown,
}

for name, run in CASES.items():
    try:
        print(json.dumps({"case": name, **run()}))
    except Exception as error:
        print(json.dumps({"case": name, "error": repr(error)}))
