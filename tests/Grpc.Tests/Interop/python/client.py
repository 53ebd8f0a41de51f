"""Runs interop cases with grpcio against 127.0.0.1:PORT and prints a line of JSON for each: client.py PORT DESCRIPTORS CASE..."""

import json
import sys
import threading
import traceback

try:
    import grpc
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError as missing:
    sys.exit(f"{missing}: install the distribution's python3-grpcio and python3-protobuf")

LARGE_REQUEST = 271828
LARGE_RESPONSE = 314159
ECHO_INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
ECHO_TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
GZIP = grpc.Compression.Gzip
PLAIN = grpc.Compression.NoCompression


def load_messages(path):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as source:
        files.ParseFromString(source.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    if hasattr(message_factory, "GetMessageClass"):
        create = message_factory.GetMessageClass
    else:
        create = message_factory.MessageFactory(pool).GetPrototype
    return lambda name: create(pool.FindMessageTypeByName("grpc.testing." + name))


class Requests:
    """A request stream that stays open until it is closed."""

    def __init__(self, *messages):
        self._messages = list(messages)
        self._changed = threading.Condition()
        self._closed = False

    def send(self, message):
        with self._changed:
            self._messages.append(message)
            self._changed.notify()

    def close(self):
        with self._changed:
            self._closed = True
            self._changed.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._closed)
            if not self._messages:
                raise StopIteration
            return self._messages.pop(0)


class Cases:
    def __init__(self, channel, message):
        self.Empty, self.SimpleRequest = message("Empty"), message("SimpleRequest")
        self.OutputRequest, self.InputRequest = message("StreamingOutputCallRequest"), message("StreamingInputCallRequest")

        def path(service, method):
            return f"/grpc.testing.{service}/{method}"

        def kind(factory, method, response, service="TestService"):
            return factory(path(service, method), request_serializer=lambda m: m.SerializeToString(), response_deserializer=message(response).FromString)

        self.empty_call = kind(channel.unary_unary, "EmptyCall", "Empty")
        self.unary_call = kind(channel.unary_unary, "UnaryCall", "SimpleResponse")
        self.input_call = kind(channel.stream_unary, "StreamingInputCall", "StreamingInputCallResponse")
        self.output_call = kind(channel.unary_stream, "StreamingOutputCall", "StreamingOutputCallResponse")
        self.duplex_call = kind(channel.stream_stream, "FullDuplexCall", "StreamingOutputCallResponse")
        self.unimplemented_call = kind(channel.unary_unary, "UnimplementedCall", "Empty")
        self.unimplemented_service_call = kind(channel.unary_unary, "UnimplementedCall", "Empty", "UnimplementedService")

    def large(self, **fields):
        return self.SimpleRequest(response_size=LARGE_RESPONSE, payload={"body": bytes(LARGE_REQUEST)}, **fields)

    def output(self, *sizes, payload=0):
        return self.OutputRequest(response_parameters=[{"size": size} for size in sizes], payload={"body": bytes(payload)})

    def check_large(self, response):
        assert response.payload.body == bytes(LARGE_RESPONSE)

    def fails(self, code, action):
        try:
            action()
        except grpc.RpcError as error:
            assert error.code() == code, f"expected {code}, got {error.code()}: {error.details()}"
            return error
        raise AssertionError(f"expected {code}, got no failure")

    def empty_unary(self):
        assert self.empty_call(self.Empty()) == self.Empty()

    def large_unary(self):
        self.check_large(self.unary_call(self.large()))

    def client_compressed_unary(self):
        compressed, uncompressed = self.large(expect_compressed={"value": True}), self.large(expect_compressed={"value": False})
        self.fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.unary_call(compressed, compression=PLAIN))
        self.check_large(self.unary_call(compressed, compression=GZIP))
        self.check_large(self.unary_call(uncompressed, compression=PLAIN))

    def server_compressed_unary(self):
        for value in (True, False):
            self.check_large(self.unary_call(self.large(response_compressed={"value": value})))

    def client_streaming(self):
        sizes = (27182, 8, 1828, 45904)
        response = self.input_call(iter([self.InputRequest(payload={"body": bytes(size)}) for size in sizes]))
        assert response.aggregated_payload_size == 74922

    def server_streaming(self):
        sizes = [31415, 9, 2653, 58979]
        assert [len(response.payload.body) for response in self.output_call(self.output(*sizes))] == sizes

    def server_compressed_streaming(self):
        parameters = [{"size": 31415, "compressed": {"value": True}}, {"size": 92653, "compressed": {"value": False}}]
        responses = self.output_call(self.OutputRequest(response_parameters=parameters))
        assert [len(response.payload.body) for response in responses] == [31415, 92653]

    def ping_pong(self):
        requests = Requests()
        call = self.duplex_call(requests)
        for request, response in ((27182, 31415), (8, 9), (1828, 2653), (45904, 58979)):
            requests.send(self.output(response, payload=request))
            assert next(call).payload.body == bytes(response)
        requests.close()
        assert next(call, None) is None
        assert call.code() == grpc.StatusCode.OK

    def empty_stream(self):
        call = self.duplex_call(iter(()))
        assert not list(call)
        assert call.code() == grpc.StatusCode.OK

    def custom_metadata(self):
        metadata = (ECHO_INITIAL, ECHO_TRAILING)
        response, call = self.unary_call.with_call(self.large(), metadata=metadata)
        self.check_large(response)
        self.check_echo(call)
        duplex = self.duplex_call(iter([self.output(LARGE_RESPONSE, payload=LARGE_REQUEST)]), metadata=metadata)
        assert [len(response.payload.body) for response in duplex] == [LARGE_RESPONSE]
        self.check_echo(duplex)

    def check_echo(self, call):
        assert ECHO_INITIAL in [tuple(entry) for entry in call.initial_metadata()]
        assert ECHO_TRAILING in [tuple(entry) for entry in call.trailing_metadata()]

    def status_code_and_message(self):
        status = {"code": 2, "message": "test status message"}
        error = self.fails(grpc.StatusCode.UNKNOWN, lambda: self.unary_call(self.SimpleRequest(response_status=status)))
        assert error.details() == status["message"]
        error = self.fails(grpc.StatusCode.UNKNOWN, lambda: list(self.duplex_call(iter([self.OutputRequest(response_status=status)]))))
        assert error.details() == status["message"]

    def special_status_message(self):
        message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        request = self.SimpleRequest(response_status={"code": 2, "message": message})
        error = self.fails(grpc.StatusCode.UNKNOWN, lambda: self.unary_call(request))
        assert error.details() == message, repr(error.details())

    def unimplemented_method(self):
        self.fails(grpc.StatusCode.UNIMPLEMENTED, lambda: self.unimplemented_call(self.Empty()))

    def unimplemented_service(self):
        self.fails(grpc.StatusCode.UNIMPLEMENTED, lambda: self.unimplemented_service_call(self.Empty()))

    def cancel_after_begin(self):
        requests = Requests()
        call = self.input_call.future(requests)
        call.cancel()
        assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED
        requests.close()

    def cancel_after_first_response(self):
        requests = Requests(self.output(31415, payload=27182))
        call = self.duplex_call(requests)
        assert len(next(call).payload.body) == 31415
        call.cancel()
        self.fails(grpc.StatusCode.CANCELLED, lambda: next(call))
        requests.close()

    def timeout_on_sleeping_server(self):
        requests = Requests(self.output(payload=27182))
        self.fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(self.duplex_call(requests, timeout=0.001)))
        requests.close()


def main():
    port, descriptors, *names = sys.argv[1:]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        cases = Cases(channel, load_messages(descriptors))
        for name in names:
            outcome = {"case": name, "ok": True}
            try:
                getattr(cases, name)()
            except Exception:
                outcome = {"case": name, "ok": False, "error": traceback.format_exc()}
            print(json.dumps(outcome), flush=True)


main()
