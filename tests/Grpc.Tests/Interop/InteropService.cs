using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>The interop test service, as its description asks for (grpc/grpc, doc/interop-test-descriptions.md, Server).</summary>
public sealed class InteropService : TestService.TestServiceBase
{
    public const string EchoInitial = "x-grpc-test-echo-initial";
    public const string EchoTrailing = "x-grpc-test-echo-trailing-bin";

    private const string EncodingRequest = "grpc-internal-encoding-request";

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        CheckCompression(request.ExpectCompressed, context, 0);
        await StartAsync(context, request.ResponseCompressed is { Value: true });
        ThrowStatus(request.ResponseStatus);
        return new SimpleResponse { Payload = Zeros(request.ResponseSize) };
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        var index = 0;
        var total = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            CheckCompression(request.ExpectCompressed, context, index++);
            total += request.Payload?.Body.Length ?? 0;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = total };
    }

    public override async Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await StartAsync(context, request.ResponseParameters.Any(parameters => parameters.Compressed is { Value: true }));
        await RespondAsync(request, responseStream, context);
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await StartAsync(context, false);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            ThrowStatus(request.ResponseStatus);
            await RespondAsync(request, responseStream, context);
        }
    }

    public override async Task HalfDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await StartAsync(context, false);
        var requests = new List<StreamingOutputCallRequest>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            requests.Add(request);
        }

        foreach (var request in requests)
        {
            await RespondAsync(request, responseStream, context);
        }
    }

    private static async Task RespondAsync(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        foreach (var parameters in request.ResponseParameters)
        {
            if (parameters.IntervalUs > 0)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(parameters.IntervalUs), context.CancellationToken);
            }

            responseStream.WriteOptions = new WriteOptions(parameters.Compressed is { Value: true } ? default : WriteFlags.NoCompress);
            await responseStream.WriteAsync(new StreamingOutputCallResponse { Payload = Zeros(parameters.Size) });
        }
    }

    // Metadata that the client asked to get back, and the encoding of what follows.
    private static async Task StartAsync(ServerCallContext context, bool compress)
    {
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders)
        {
            if (entry.Key == EchoInitial)
            {
                headers.Add(entry);
            }
            else if (entry.Key == EchoTrailing)
            {
                context.ResponseTrailers.Add(entry);
            }
        }

        if (compress)
        {
            headers.Add(EncodingRequest, "gzip");
        }

        if (headers.Count > 0)
        {
            await context.WriteResponseHeadersAsync(headers);
        }
    }

    private static void CheckCompression(BoolValue? expected, ServerCallContext context, int index)
    {
        if (expected is null)
        {
            return;
        }

        var actual = InteropHost.RequestFlags(context.GetHttpContext()).Compressed[index];
        if (actual != expected.Value)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"Message {index} was expected to be {(expected.Value ? "compressed" : "uncompressed")} and was not."));
        }
    }

    private static void ThrowStatus(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
        }
    }

    private static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };
}
