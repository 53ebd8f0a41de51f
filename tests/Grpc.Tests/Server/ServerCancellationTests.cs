using Google.Protobuf;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerCancellationTests
{
    [Fact]
    public async Task A_reset_stream_cancels_the_token()
    {
        await using var server = await ProbeServer.StartAsync();
        using var cancellation = new CancellationTokenSource();
        var calling = server.Calls.StartAsync(
            RawCalls.Request(RawCalls.Echo, new ByteArrayContent(Frames.Message(new ProbeMessage { Text = "wait" }))), cancellation.Token);
        await server.State.WhenEntered.WaitAsync(Patience.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
        Assert.IsAssignableFrom<OperationCanceledException>(await server.State.WhenLeft.WaitAsync(Patience.Token));
        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage())).Single();
    }

    [Fact]
    public async Task A_reset_stream_wakes_a_reader()
    {
        await using var server = await ProbeServer.StartAsync();
        using var cancellation = new CancellationTokenSource();
        using var pushed = new PushContent();
        var calling = server.Calls.StartAsync(RawCalls.Request(RawCalls.Chat, pushed), cancellation.Token);
        await server.State.WhenEntered.WaitAsync(Patience.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
        await server.State.WhenLeft.WaitAsync(Patience.Token);
    }

    [Fact]
    public async Task A_reset_stream_wakes_a_writer()
    {
        await using var server = await ProbeServer.StartAsync();
        var message = new ProbeMessage { Count = int.MaxValue, Data = ByteString.CopyFrom(new byte[10_000]) };
        var request = RawCalls.Request(RawCalls.Repeat, new ByteArrayContent(Frames.Message(message)));
        var response = await server.Calls.StartAsync(request, Patience.Token);

        response.Dispose();

        // Stopping waits for handlers that run; one that still wrote would keep it from ending.
        await server.StopAsync();
        Assert.InRange(server.State.Written, 1, int.MaxValue - 1);
    }
}
