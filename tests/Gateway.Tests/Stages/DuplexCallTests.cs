using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Gateway.Stages;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Stages;

public sealed class DuplexCallTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

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
            var call = new VaeStage.VaeStageClient(channel).Decode(deadline: DateTime.UtcNow.AddSeconds(10), cancellationToken: Stop);
            var refused = await Assert.ThrowsAsync<RpcException>(() => DuplexCall.RunAsync(call, EndlessFrames(), ReadAllAsync, Stop).WaitAsync(Bound, Stop));
            if (refused.StatusCode != StatusCode.DeadlineExceeded)
            {
                Assert.Equal((StatusCode.InvalidArgument, "no"), (refused.StatusCode, refused.Status.Detail));
                refusals++;
            }
        }
        // Now and then the client does not notice the end of a call in which it writes; its deadline ends the call then.
        Assert.InRange(refusals, 17, 20);
    }

    [Fact]
    public async Task A_source_that_fails_ends_the_call_and_is_what_is_thrown()
    {
        await using var stage = await FakeStage<FakeVae>.StartAsync(new FakeVae());
        using var channel = GrpcChannel.ForAddress(stage.Address);
        var call = new VaeStage.VaeStageClient(channel).Decode(cancellationToken: Stop);
        var failure = await Assert.ThrowsAsync<InvalidDataException>(() =>
            DuplexCall.RunAsync(call, OneFrameAndAFailure(), ReadAllAsync, Stop).WaitAsync(Bound, Stop));
        Assert.Equal("the file is damaged", failure.Message);
        await QwenMesh.Testing.Eventually.TrueAsync(() => stage.Service.Calls.Running == 0, "the stage's call has ended");
    }

    [Fact]
    public async Task A_call_that_is_cancelled_ends_with_its_source()
    {
        await using var stage = await FakeStage<FakeVae>.StartAsync(new FakeVae());
        using var channel = GrpcChannel.ForAddress(stage.Address);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var call = new VaeStage.VaeStageClient(channel).Decode(cancellationToken: cancel.Token);
        var running = DuplexCall.RunAsync(call, Waiting(cancel.Token), ReadAllAsync, cancel.Token);
        await QwenMesh.Testing.Eventually.TrueAsync(() => stage.Service.Calls.Running == 1, "the call has come");
        await cancel.CancelAsync();
        var end = await Record.ExceptionAsync(() => running.WaitAsync(Bound, Stop));
        Assert.True(end is RpcException { StatusCode: StatusCode.Cancelled } or OperationCanceledException, $"{end}");
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
        using var call = new AsyncDuplexStreamingCall<VaeDecodeRequest, VaeDecodeResponse>(
            stream, null!, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        var answer = await DuplexCall.RunAsync(call, EndlessFrames(), async (_, cancellation) =>
        {
            await stream.Written.Task.WaitAsync(Bound, cancellation);
            return 7;
        }, Stop);
        Assert.Equal((7, 1, false), (answer, stream.Writes, stream.Completed));
    }

    private static async Task<int> ReadAllAsync(IAsyncStreamReader<VaeDecodeResponse> responses, CancellationToken cancellationToken)
    {
        var count = 0;
        while (await responses.MoveNext(cancellationToken))
        {
            count++;
        }
        return count;
    }

    private static async IAsyncEnumerable<VaeDecodeRequest> EndlessFrames([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var chunk = new TensorChunk { Data = UnsafeByteOperations.UnsafeWrap(new byte[TensorLimits.MaxChunkBytes]) };
        while (!cancellationToken.IsCancellationRequested)
        {
            yield return new VaeDecodeRequest { Frame = new TensorFrame { Chunk = chunk } };
            await Task.Yield();
        }
    }

    private static async IAsyncEnumerable<VaeDecodeRequest> OneFrameAndAFailure()
    {
        yield return new VaeDecodeRequest { Parameters = new VaeDecodeParameters() };
        await Task.Yield();
        throw new InvalidDataException("the file is damaged");
    }

    private static async IAsyncEnumerable<VaeDecodeRequest> Waiting([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new VaeDecodeRequest { Parameters = new VaeDecodeParameters() };
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private sealed class RefusingVae : VaeStage.VaeStageBase
    {
        public override async Task Decode(
            IAsyncStreamReader<VaeDecodeRequest> requestStream, IServerStreamWriter<VaeDecodeResponse> responseStream, ServerCallContext context)
        {
            await requestStream.MoveNext(context.CancellationToken);
            throw new RpcException(new Status(StatusCode.InvalidArgument, "no"));
        }
    }

    /// <summary>Every write fails.</summary>
    private sealed class EndedStream(Exception end) : IClientStreamWriter<VaeDecodeRequest>
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Writes { get; private set; }

        public bool Completed { get; private set; }

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(VaeDecodeRequest message)
        {
            Writes++;
            Written.TrySetResult();
            return Task.FromException(end);
        }

        public Task WriteAsync(VaeDecodeRequest message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task CompleteAsync()
        {
            Completed = true;
            return Task.CompletedTask;
        }
    }
}
