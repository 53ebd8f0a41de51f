using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Gateway.Stages;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Stages;

public sealed class RequestStreamTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The window is full and a write waits when the stage refuses.</summary>
    [Fact]
    public async Task Sending_ends_quietly_when_the_stage_refuses_and_receiving_says_why()
    {
        await using var stage = await FakeStage<RefusingVae>.StartAsync(new RefusingVae());
        using var channel = GrpcChannel.ForAddress(stage.Address);
        var refusals = 0;
        for (var i = 0; i < 20; i++)
        {
            using var failed = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            using var call = new VaeStage.VaeStageClient(channel).Decode(deadline: DateTime.UtcNow.AddSeconds(10), cancellationToken: Stop);
            var sending = RequestStream.SendAsync(call.RequestStream, EndlessFrames(failed.Token), failed.Token);
            var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Stop));
            await failed.CancelAsync();
            await sending.WaitAsync(TimeSpan.FromSeconds(60), Stop);
            if (refused.StatusCode != StatusCode.DeadlineExceeded)
            {
                Assert.Equal((StatusCode.InvalidArgument, "no"), (refused.StatusCode, refused.Status.Detail));
                refusals++;
            }
        }
        // Now and then the client does not notice the end of a call in which it writes (see SendAsync); its deadline ends the call then.
        Assert.InRange(refusals, 17, 20);
    }

    public static TheoryData<Exception> EndsOfACall =>
    [
        new RpcException(new Status(StatusCode.Unavailable, "gone")),
        new InvalidOperationException("the call is complete"),
        new IOException("the connection was closed"),
        new HttpRequestException("the server reset the stream"),
    ];

    [Theory]
    [MemberData(nameof(EndsOfACall), DisableDiscoveryEnumeration = true)]
    public async Task A_write_to_an_ended_call_is_no_failure_of_its_own(Exception end)
    {
        var stream = new EndedStream(end);
        await RequestStream.SendAsync(stream, new DecodeRequest(), Stop);
        Assert.Equal((1, false), (stream.Writes, stream.Completed));
    }

    [Fact]
    public async Task A_failure_of_the_messages_is_not_hidden()
    {
        var stream = new EndedStream(null);
        await Assert.ThrowsAsync<InvalidDataException>(() => RequestStream.SendAsync(stream, OneFrameAndAFailure(), Stop));
        Assert.Equal((1, false), (stream.Writes, stream.Completed));
    }

    private static async IAsyncEnumerable<DecodeRequest> EndlessFrames([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chunk = new TensorChunk { Data = UnsafeByteOperations.UnsafeWrap(new byte[TensorLimits.MaxChunkBytes]) };
        while (!cancellationToken.IsCancellationRequested)
        {
            yield return new DecodeRequest { Frame = new TensorFrame { Chunk = chunk } };
            await Task.Yield();
        }
    }

    private static async IAsyncEnumerable<DecodeRequest> OneFrameAndAFailure()
    {
        yield return new DecodeRequest();
        await Task.Yield();
        throw new InvalidDataException("the stage before it failed");
    }

    private sealed class RefusingVae : VaeStage.VaeStageBase
    {
        public override async Task Decode(
            IAsyncStreamReader<DecodeRequest> requestStream, IServerStreamWriter<DecodeResponse> responseStream, ServerCallContext context)
        {
            await requestStream.MoveNext(context.CancellationToken);
            throw new RpcException(new Status(StatusCode.InvalidArgument, "no"));
        }
    }

    /// <summary>Every write fails with the exception, if there is one.</summary>
    private sealed class EndedStream(Exception? end) : IClientStreamWriter<DecodeRequest>
    {
        public int Writes { get; private set; }

        public bool Completed { get; private set; }

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(DecodeRequest message)
        {
            Writes++;
            return end is null ? Task.CompletedTask : Task.FromException(end);
        }

        public Task WriteAsync(DecodeRequest message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task CompleteAsync()
        {
            Completed = true;
            return Task.CompletedTask;
        }
    }
}
