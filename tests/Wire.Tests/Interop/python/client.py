"""Calls the stages with grpcio, by the contract that their reflection service tells. Prints a line of JSON for each case: client.py SETUP"""

import base64
import hashlib
import json
import sys
import traceback

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import tensors

SETUP = json.loads(sys.argv[1])
STAGES = {"encoder": "EncoderStage", "denoiser": "DenoiserStage", "vae": "VaeStage"}
EMBEDS = tensors.Tensor(1, [8, 128], bytes(8 * 128 * 4))
STATUS = grpc.StatusCode
POOL = descriptor_pool.DescriptorPool()
FACTORY = message_factory.MessageFactory(POOL)
for file in descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(SETUP["descriptors"])).file:
    POOL.Add(file)


def message(name):
    return FACTORY.GetPrototype(POOL.FindMessageTypeByName(name))


class Client:
    """One service at one address."""

    def __init__(self, channel, service):
        self.channel, self.service = channel, service

    def method(self, name):
        described = POOL.FindServiceByName(self.service).FindMethodByName(name)
        request, response = (FACTORY.GetPrototype(kind) for kind in (described.input_type, described.output_type))
        coding = {"request_serializer": lambda value: value.SerializeToString(), "response_deserializer": response.FromString}
        return request, f"/{self.service}/{name}", coding

    def unary(self, name, **fields):
        request, path, coding = self.method(name)
        return self.channel.unary_unary(path, **coding)(request(**fields), timeout=120)

    def stream(self, name, requests, timeout=120, path=None, **options):
        request, own, coding = self.method(name)
        return self.channel.stream_stream(path or own, **coding)(iter([request(**fields) for fields in requests]), timeout=timeout, **options)

    def tensor(self, name, expected, requests, **options):
        return tensors.join(expected, [answer.frame for answer in self.stream(name, requests, **options) if answer.WhichOneof("kind") == "frame"])


def reflect(channel):
    """Puts the files of the channel's services into the pool, what they import first."""
    client = Client(channel, "grpc.reflection.v1.ServerReflection")

    def ask(**question):
        return next(client.stream("ServerReflectionInfo", [question]))

    def add(file):
        for name in file.dependency:
            fetch(file_by_filename=name)
        POOL.Add(file)

    def fetch(**question):
        for serialized in ask(**question).file_descriptor_response.file_descriptor_proto:
            add(descriptor_pb2.FileDescriptorProto.FromString(serialized))

    services = [service.name for service in ask(list_services="").list_services_response.service]
    for service in services:
        if service.startswith("qwenmesh."):
            fetch(file_containing_symbol=service)
    return services


def encode_requests(prompt=SETUP["prompt"], template=1):
    return [{"parameters": {"prompts": [prompt], "template": template}}]


def denoise_requests(embeds, steps, cells=SETUP["cells"]):
    parameters = {"latent_height": cells, "latent_width": cells, "num_inference_steps": steps, "scheduler": 1, "true_cfg_scale": 1, "seed": SETUP["seed"]}
    return [{"parameters": parameters}, *({"frame": frame} for frame in tensors.split("prompt_embeds", embeds))]


def fails(code, action):
    try:
        action()
    except grpc.RpcError as error:
        assert error.code() == code, f"expected {code}, got {error.code()}: {error.details()}"
        return error
    raise AssertionError(f"expected {code}, got no failure")


class Cases:
    def __init__(self, channels):
        self.channels = channels
        self.services = {stage: reflect(channels[stage]) for stage in STAGES}
        self.direct = {stage: Client(channels[stage], f"qwenmesh.v1.{service}") for stage, service in STAGES.items()}
        self.gateway = {stage: Client(channels["gateway"], f"qwenmesh.v1.{service}") for stage, service in STAGES.items()}
        self.ways = (self.direct, self.gateway)

    def draw(self, stages):
        embeds = stages["encoder"].tensor("Encode", "prompt_embeds", encode_requests())
        latents = stages["denoiser"].tensor("Denoise", "latents", denoise_requests(embeds, SETUP["steps"]))
        frames = ({"frame": frame} for frame in tensors.split("latents", latents))
        image = stages["vae"].tensor("Decode", "image", [{"parameters": {"output_dtype": 4}}, *frames])
        assert (image.dtype, image.shape) == (4, [32 * SETUP["cells"], 32 * SETUP["cells"], 3])
        return hashlib.sha256(image.data).hexdigest()

    def check_fault(self, stage, text, call, code=STATUS.INVALID_ARGUMENT, reason="INVALID_REQUEST"):
        error = fails(code, lambda: list(call))
        assert text in error.details(), error.details()
        trailers = dict(error.trailing_metadata())
        status = message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
        assert (status.code, status.message) == (code.value[0], error.details()), status
        info = message("google.rpc.ErrorInfo")()
        assert any(detail.Unpack(info) for detail in status.details), status
        assert (info.reason, info.domain, dict(info.metadata)) == (reason, "qwenmesh", {"stage": stage}), info

    def still_denoises(self, stages):
        assert stages["denoiser"].tensor("Denoise", "latents", denoise_requests(EMBEDS, 1)).shape == [12, SETUP["cells"], SETUP["cells"]]

    def picture(self):
        return self.draw(self.direct)

    def picture_through_the_gateway(self):
        return self.draw(self.gateway)

    def health(self):
        for stage, service in STAGES.items():
            client = Client(self.channels[stage], "grpc.health.v1.Health")
            for name in ("", f"qwenmesh.v1.{service}"):
                assert client.unary("Check", service=name).status == 1
            fails(STATUS.NOT_FOUND, lambda: client.unary("Check", service="qwenmesh.v1.Unknown"))

    def reflection(self):
        for stage, service in STAGES.items():
            assert {f"qwenmesh.v1.{service}", "qwenmesh.v1.StageInfo", "grpc.health.v1.Health"} <= set(self.services[stage]), self.services

    def model_info(self):
        for stage, component in (("encoder", "text_encoder"), ("denoiser", "transformer"), ("vae", "vae")):
            info = Client(self.channels[stage], "qwenmesh.v1.StageInfo").unary("GetModelInfo")
            assert (info.component, info.WhichOneof("details")) == (component, stage), info
            assert len(info.fingerprint) == 64, info

    def faults(self):
        for stages in self.ways:
            self.check_fault("encoder", "template is required", stages["encoder"].stream("Encode", encode_requests(template=0)))
            self.check_fault("denoiser", "num_inference_steps is 0", stages["denoiser"].stream("Denoise", denoise_requests(EMBEDS, 0)))
            self.check_fault("vae", "the first must be the parameters", stages["vae"].stream("Decode", []))

    def damaged_frame(self):
        for stages in self.ways:
            requests = denoise_requests(EMBEDS, 1)
            requests[-1]["frame"]["chunk"]["crc32c"] ^= 1
            self.check_fault("denoiser", "checksum mismatch", stages["denoiser"].stream("Denoise", requests), STATUS.DATA_LOSS, "CORRUPTED")

    def compressed_request(self):
        requests = denoise_requests(tensors.Tensor(1, [200, 128], bytes(200 * 128 * 4)), 1)
        denoiser = self.direct["denoiser"]
        plain = denoiser.tensor("Denoise", "latents", requests)
        assert denoiser.tensor("Denoise", "latents", requests, compression=grpc.Compression.Gzip) == plain

    def unknown_method(self):
        for stages in self.ways:
            fails(STATUS.UNIMPLEMENTED, lambda: list(stages["vae"].stream("Decode", [], path="/qwenmesh.v1.VaeStage/Undo")))

    def deadline(self):
        for stages in self.ways:
            fails(STATUS.DEADLINE_EXCEEDED, lambda: list(stages["denoiser"].stream("Denoise", denoise_requests(EMBEDS, 10_000, 16), timeout=0.3)))
            self.still_denoises(stages)

    def cancellation(self):
        for stages in self.ways:
            call = stages["denoiser"].stream("Denoise", denoise_requests(EMBEDS, 10_000, 16))
            while next(call).WhichOneof("kind") != "step":
                pass
            call.cancel()
            fails(STATUS.CANCELLED, lambda: list(call))
            self.still_denoises(stages)


def main():
    channels = {name: grpc.insecure_channel(SETUP[name]) for name in (*STAGES, "gateway")}
    cases = Cases(channels)
    for name in SETUP["cases"]:
        line = {"case": name, "ok": True}
        try:
            line["result"] = getattr(cases, name)()
        except Exception:
            line.update(ok=False, error=traceback.format_exc())
        print(json.dumps(line), flush=True)


main()
