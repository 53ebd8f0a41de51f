using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;

namespace QwenMesh.StageHost.Tests.Calls;

public sealed class StageOutputTests
{
    public static TheoryData<Exception> Departures =>
        [new IOException("The client reset the request stream."), new InvalidOperationException("Can't write the message because the request is complete.")];

    [Theory]
    [MemberData(nameof(Departures), DisableDiscoveryEnumeration = true)]
    public async Task A_caller_that_a_write_finds_gone_has_cancelled(Exception failure)
    {
        var ended = await Assert.ThrowsAsync<RpcException>(() => WriteAsync(failure));
        Assert.Equal((StatusCode.Cancelled, failure), (ended.StatusCode, ended.Status.DebugException));
    }

    [Fact]
    public async Task Another_failure_of_a_write_stays_what_it_is()
    {
        var failure = new NotSupportedException("no such message");
        Assert.Same(failure, await Assert.ThrowsAsync<NotSupportedException>(() => WriteAsync(failure)));
    }

    private static Task WriteAsync(Exception failure)
    {
        var output = new StageOutput<DenoiseResponse>(frame => new DenoiseResponse { Frame = frame }, 1000);
        output.Post(new DenoiseResponse());
        output.Complete();
        return output.WriteToAsync(new Gone(failure), TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private sealed class Gone(Exception failure) : IServerStreamWriter<DenoiseResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(DenoiseResponse message) => Task.FromException(failure);

        public Task WriteAsync(DenoiseResponse message, CancellationToken cancellationToken) => Task.FromException(failure);
    }
}
