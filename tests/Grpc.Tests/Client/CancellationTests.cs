using Grpc.Core;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

public sealed class CancellationTests
{
    [Fact]
    public async Task Token_cancels_and_the_server_sees_it()
    {
        await using var server = await HangingServer.StartAsync();
        using var cancellation = new CancellationTokenSource();
        using var call = server.Client.EmptyCallAsync(new Empty(), cancellationToken: cancellation.Token);
        await server.Entered.WaitAsync(CallAssert.Patience);

        await cancellation.CancelAsync();

        await CallAssert.FailsAsync(StatusCode.Cancelled, call.ResponseAsync);
        await CallAssert.FailsAsync(StatusCode.Cancelled, call.ResponseHeadersAsync);
        await server.Aborted.WaitAsync(CallAssert.Patience);
    }

    [Fact]
    public async Task Token_that_is_cancelled_already_sends_nothing()
    {
        await using var server = await HangingServer.StartAsync();

        await CallAssert.FailsAsync(
            StatusCode.Cancelled, server.Client.EmptyCallAsync(new Empty(), cancellationToken: new CancellationToken(canceled: true)).ResponseAsync);

        Assert.False(server.Entered.IsCompleted);
    }

    [Fact]
    public async Task Disposing_the_call_cancels_it()
    {
        await using var server = await HangingServer.StartAsync();
        var call = server.Client.FullDuplexCall();
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest());
        await server.Entered.WaitAsync(CallAssert.Patience);
        var read = call.ResponseStream.MoveNext();

        call.Dispose();

        var failure = await CallAssert.FailsAsync(StatusCode.Cancelled, read);
        Assert.Equal("gRPC call disposed.", failure.Status.Detail);
        await CallAssert.FailsAsync(StatusCode.Cancelled, () => call.RequestStream.WriteAsync(new StreamingOutputCallRequest()));
        await server.Aborted.WaitAsync(CallAssert.Patience);
        call.Dispose();
    }

    [Fact]
    public async Task Disposing_the_channel_cancels_its_calls_and_ends_it()
    {
        await using var server = await HangingServer.StartAsync();
        var call = server.Client.EmptyCallAsync(new Empty());
        await server.Entered.WaitAsync(CallAssert.Patience);

        await server.Channel.ShutdownAsync();

        await CallAssert.FailsAsync(StatusCode.Cancelled, call.ResponseAsync);
        Assert.Throws<ObjectDisposedException>(() => server.Client.EmptyCallAsync(new Empty()));
        Assert.Throws<ObjectDisposedException>(() => new TestService.TestServiceClient(server.Channel));
    }

    [Fact]
    public async Task Token_of_a_read_cancels_the_call()
    {
        await using var server = await HangingServer.StartAsync();
        using var call = server.Client.StreamingOutputCall(new StreamingOutputCallRequest());
        using var cancellation = new CancellationTokenSource();
        await server.Entered.WaitAsync(CallAssert.Patience);
        var read = call.ResponseStream.MoveNext(cancellation.Token);

        await cancellation.CancelAsync();

        await CallAssert.FailsAsync(StatusCode.Cancelled, read);
        await server.Aborted.WaitAsync(CallAssert.Patience);
    }

    [Fact]
    public async Task Token_of_a_write_that_waits_for_the_window_cancels_the_call()
    {
        await using var server = await HangingServer.StartAsync();
        using var call = server.Client.StreamingInputCall();
        using var cancellation = new CancellationTokenSource();
        var large = new StreamingInputCallRequest { Payload = new Payload { Body = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(new byte[8 << 20]) } };
        var write = call.RequestStream.WriteAsync(large, cancellation.Token);
        await server.Entered.WaitAsync(CallAssert.Patience);

        await cancellation.CancelAsync();

        await CallAssert.FailsAsync(StatusCode.Cancelled, write);
        await CallAssert.FailsAsync(StatusCode.Cancelled, call.ResponseAsync);
        await server.Aborted.WaitAsync(CallAssert.Patience);
    }

    [Fact]
    public async Task Cancelling_after_the_end_changes_nothing()
    {
        await using var server = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(new Empty()));
        using var cancellation = new CancellationTokenSource();
        using var call = server.Client.EmptyCallAsync(new Empty(), cancellationToken: cancellation.Token);
        await call;

        await cancellation.CancelAsync();
        call.Dispose();

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }
}
