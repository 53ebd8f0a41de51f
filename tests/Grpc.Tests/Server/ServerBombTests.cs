using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>Measures what the process allocates, and so runs alone.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class ServerBombTests
{
    [Fact]
    public async Task A_message_that_grows_past_the_limit_when_decompressed_is_refused()
    {
        await using var server = await ProbeServer.StartAsync();
        var bomb = Frames.Gzip(new byte[128 << 20]);
        Assert.InRange(bomb.Length, 0, 1 << 20);

        // Warm, so that what is measured is the bomb alone.
        await server.Calls.CallAsync(RawCalls.Echo, Frames.Frame(1, Frames.Gzip([])), ("grpc-encoding", "gzip"));
        var before = GC.GetTotalAllocatedBytes();
        var reply = await server.Calls.CallAsync(RawCalls.Echo, Frames.Frame(1, bomb), ("grpc-encoding", "gzip"));

        reply.ShouldFail(StatusCode.ResourceExhausted, "Received message exceeds");
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 32 << 20);
    }
}
