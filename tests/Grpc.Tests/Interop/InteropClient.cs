using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>The interop cases with our client; sizes and metadata are those of the descriptions.</summary>
internal sealed class InteropClient : IDisposable
{
    private const int LargeRequest = 271828;
    private const int LargeResponse = 314159;
    private const string SpecialMessage = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

    private static readonly byte[] TrailingValue = [0xab, 0xab, 0xab];

    private readonly FlagScanningHandler _handler = new();
    private readonly GrpcChannel _channel;
    private readonly TestService.TestServiceClient _client;
    private readonly Dictionary<string, Func<Task>> _cases;

    public InteropClient(int port)
    {
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new GrpcChannelOptions { HttpHandler = _handler });
        _client = new TestService.TestServiceClient(_channel);
        _cases = new Dictionary<string, Func<Task>>
        {
            ["empty_unary"] = EmptyUnaryAsync,
            ["large_unary"] = LargeUnaryAsync,
            ["client_compressed_unary"] = ClientCompressedUnaryAsync,
            ["server_compressed_unary"] = ServerCompressedUnaryAsync,
            ["client_streaming"] = ClientStreamingAsync,
            ["client_compressed_streaming"] = ClientCompressedStreamingAsync,
            ["server_streaming"] = ServerStreamingAsync,
            ["server_compressed_streaming"] = ServerCompressedStreamingAsync,
            ["ping_pong"] = PingPongAsync,
            ["empty_stream"] = EmptyStreamAsync,
            ["custom_metadata"] = CustomMetadataAsync,
            ["status_code_and_message"] = StatusCodeAndMessageAsync,
            ["special_status_message"] = SpecialStatusMessageAsync,
            ["unimplemented_method"] = UnimplementedMethodAsync,
            ["unimplemented_service"] = UnimplementedServiceAsync,
            ["cancel_after_begin"] = CancelAfterBeginAsync,
            ["cancel_after_first_response"] = CancelAfterFirstResponseAsync,
            ["timeout_on_sleeping_server"] = TimeoutOnSleepingServerAsync,
        };
    }

    public IEnumerable<string> Cases => _cases.Keys;

    public Task RunAsync(string name) => _cases[name]();

    public void Dispose()
    {
        _channel.Dispose();
        _handler.Dispose();
    }

    private async Task EmptyUnaryAsync() => Assert.Equal(new Empty(), await _client.EmptyCallAsync(new Empty()));

    private async Task LargeUnaryAsync() => AssertLarge(await _client.UnaryCallAsync(LargeUnaryRequest()));

    private async Task ClientCompressedUnaryAsync()
    {
        var request = LargeUnaryRequest();
        request.ExpectCompressed = new BoolValue { Value = true };
        await AssertFailsAsync(StatusCode.InvalidArgument, () => _client.UnaryCallAsync(request).ResponseAsync);
        AssertLarge(await _client.UnaryCallAsync(request, Gzip()));
        request.ExpectCompressed.Value = false;
        AssertLarge(await _client.UnaryCallAsync(request));
        AssertLarge(await _client.UnaryCallAsync(request, new CallOptions(Gzip()).WithWriteOptions(new WriteOptions(WriteFlags.NoCompress))));
    }

    private async Task ServerCompressedUnaryAsync()
    {
        foreach (var compressed in new[] { true, false })
        {
            var request = LargeUnaryRequest();
            request.ResponseCompressed = new BoolValue { Value = compressed };
            AssertLarge(await _client.UnaryCallAsync(request));
            Assert.Equal([compressed], _handler.LastResponse.Compressed);
        }
    }

    private async Task ClientStreamingAsync()
    {
        using var call = _client.StreamingInputCall();
        foreach (var size in new[] { 27182, 8, 1828, 45904 })
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call).AggregatedPayloadSize);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private async Task ClientCompressedStreamingAsync()
    {
        var compressed = new StreamingInputCallRequest { ExpectCompressed = new BoolValue { Value = true }, Payload = Zeros(27182) };
        var uncompressed = new StreamingInputCallRequest { ExpectCompressed = new BoolValue { Value = false }, Payload = Zeros(45904) };

        using var probe = _client.StreamingInputCall();
        await probe.RequestStream.WriteAsync(compressed);
        await probe.RequestStream.CompleteAsync();
        await AssertFailsAsync(StatusCode.InvalidArgument, () => probe.ResponseAsync);

        using var call = _client.StreamingInputCall(Gzip());
        await call.RequestStream.WriteAsync(compressed);
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(uncompressed);
        await call.RequestStream.CompleteAsync();
        Assert.Equal(73086, (await call).AggregatedPayloadSize);
    }

    private async Task ServerStreamingAsync()
    {
        int[] sizes = [31415, 9, 2653, 58979];
        using var call = _client.StreamingOutputCall(OutputRequest([.. sizes.Select(size => new ResponseParameters { Size = size })]));
        Assert.Equal(sizes, await SizesAsync(call.ResponseStream));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private async Task ServerCompressedStreamingAsync()
    {
        using var call = _client.StreamingOutputCall(OutputRequest(
            new ResponseParameters { Size = 31415, Compressed = new BoolValue { Value = true } },
            new ResponseParameters { Size = 92653, Compressed = new BoolValue { Value = false } }));
        Assert.Equal([31415, 92653], await SizesAsync(call.ResponseStream));
        Assert.Equal([true, false], _handler.LastResponse.Compressed);
    }

    private async Task PingPongAsync()
    {
        using var call = _client.FullDuplexCall();
        foreach (var (request, response) in new[] { (27182, 31415), (8, 9), (1828, 2653), (45904, 58979) })
        {
            await call.RequestStream.WriteAsync(OutputRequest(request, response));
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(new byte[response], call.ResponseStream.Current.Payload.Body.Memory.ToArray());
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private async Task EmptyStreamAsync()
    {
        using var call = _client.FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private async Task CustomMetadataAsync()
    {
        using var unary = _client.UnaryCallAsync(LargeUnaryRequest(), EchoMetadata());
        AssertLarge(await unary);
        AssertEchoed(await unary.ResponseHeadersAsync, unary.GetTrailers());

        using var duplex = _client.FullDuplexCall(EchoMetadata());
        await duplex.RequestStream.WriteAsync(OutputRequest(LargeRequest, LargeResponse));
        await duplex.RequestStream.CompleteAsync();
        Assert.Equal([LargeResponse], await SizesAsync(duplex.ResponseStream));
        AssertEchoed(await duplex.ResponseHeadersAsync, duplex.GetTrailers());
    }

    private async Task StatusCodeAndMessageAsync()
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = "test status message" };
        var unary = await AssertFailsAsync(StatusCode.Unknown, () => _client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }).ResponseAsync);
        Assert.Equal(status.Message, unary.Status.Detail);

        using var call = _client.FullDuplexCall();
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        await call.RequestStream.CompleteAsync();
        var duplex = await AssertFailsAsync(StatusCode.Unknown, () => call.ResponseStream.MoveNext());
        Assert.Equal(status.Message, duplex.Status.Detail);
    }

    private async Task SpecialStatusMessageAsync()
    {
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = (int)StatusCode.Unknown, Message = SpecialMessage } };
        var failure = await AssertFailsAsync(StatusCode.Unknown, () => _client.UnaryCallAsync(request).ResponseAsync);
        Assert.Equal(SpecialMessage, failure.Status.Detail);
    }

    private async Task UnimplementedMethodAsync() =>
        await AssertFailsAsync(StatusCode.Unimplemented, () => _client.UnimplementedCallAsync(new Empty()).ResponseAsync);

    private async Task UnimplementedServiceAsync() => await AssertFailsAsync(
        StatusCode.Unimplemented, () => new UnimplementedService.UnimplementedServiceClient(_channel).UnimplementedCallAsync(new Empty()).ResponseAsync);

    private async Task CancelAfterBeginAsync()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.StreamingInputCall(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await AssertFailsAsync(StatusCode.Cancelled, () => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    private async Task CancelAfterFirstResponseAsync()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.FullDuplexCall(cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(OutputRequest(27182, 31415));
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(31415, call.ResponseStream.Current.Payload.Body.Length);
        await cancellation.CancelAsync();
        await AssertFailsAsync(StatusCode.Cancelled, () => call.ResponseStream.MoveNext());
    }

    private async Task TimeoutOnSleepingServerAsync()
    {
        using var call = _client.FullDuplexCall(deadline: DateTime.UtcNow.AddMilliseconds(1));
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27182) });
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.DeadlineExceeded)
        {
            // The deadline may pass before the message is written.
        }

        await AssertFailsAsync(StatusCode.DeadlineExceeded, () => call.ResponseStream.MoveNext());
    }

    private static async Task<RpcException> AssertFailsAsync(StatusCode code, Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(action);
        Assert.True(exception.StatusCode == code, $"Expected {code}, got {exception.Status}.");
        return exception;
    }

    private static void AssertLarge(SimpleResponse response) => Assert.Equal(new byte[LargeResponse], response.Payload.Body.ToByteArray());

    private static void AssertEchoed(Metadata headers, Metadata trailers)
    {
        Assert.Equal("test_initial_metadata_value", headers.GetValue(InteropService.EchoInitial));
        Assert.Equal(TrailingValue, trailers.GetValueBytes(InteropService.EchoTrailing));
    }

    private static async Task<List<int>> SizesAsync(IAsyncStreamReader<StreamingOutputCallResponse> stream)
    {
        var sizes = new List<int>();
        await foreach (var response in stream.ReadAllAsync())
        {
            sizes.Add(response.Payload.Body.Length);
        }

        return sizes;
    }

    private static Metadata EchoMetadata() => new()
    {
        { InteropService.EchoInitial, "test_initial_metadata_value" },
        { InteropService.EchoTrailing, TrailingValue },
    };

    private static Metadata Gzip() => new() { { "grpc-internal-encoding-request", "gzip" } };

    private static SimpleRequest LargeUnaryRequest() => new() { ResponseSize = LargeResponse, Payload = Zeros(LargeRequest) };

    private static StreamingOutputCallRequest OutputRequest(params ResponseParameters[] parameters) => new() { ResponseParameters = { parameters } };

    private static StreamingOutputCallRequest OutputRequest(int requestSize, int responseSize) =>
        new() { Payload = Zeros(requestSize), ResponseParameters = { new ResponseParameters { Size = responseSize } } };

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };
}
