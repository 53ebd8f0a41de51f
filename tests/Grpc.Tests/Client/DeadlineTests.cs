using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

public sealed class DeadlineTests
{
    [Fact]
    public async Task Silent_server_ends_in_deadline_exceeded_and_learns_the_timeout()
    {
        var timeout = new TaskCompletionSource<string?>();
        var aborted = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            timeout.TrySetResult(context.Request.Headers["grpc-timeout"]);
            context.RequestAborted.Register(() => aborted.TrySetResult());
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        using var call = server.Client.EmptyCallAsync(new Empty(), deadline: DateTime.UtcNow.AddMilliseconds(300));
        await CallAssert.FailsAsync(StatusCode.DeadlineExceeded, call.ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
        Assert.Matches("^[0-9]{1,8}[umn]$", await timeout.Task.WaitAsync(CallAssert.Patience));
        await aborted.Task.WaitAsync(CallAssert.Patience);
    }

    [Fact]
    public async Task Peer_that_never_answers_http_ends_in_deadline_exceeded()
    {
        using var peer = RawPeer.Start(stream => stream.CopyToAsync(Stream.Null));

        var call = peer.Client.EmptyCallAsync(new Empty(), deadline: DateTime.UtcNow.AddMilliseconds(200));
        await CallAssert.FailsAsync(StatusCode.DeadlineExceeded, call.ResponseAsync);
    }

    [Fact]
    public async Task Deadline_in_the_past_sends_nothing()
    {
        var requests = 0;
        await using var server = await ScriptedServer.StartAsync(_ =>
        {
            Interlocked.Increment(ref requests);
            return Task.CompletedTask;
        });

        foreach (var deadline in new[] { DateTime.UtcNow.AddSeconds(-1), DateTime.MinValue })
        {
            await CallAssert.FailsAsync(StatusCode.DeadlineExceeded, server.Client.EmptyCallAsync(new Empty(), deadline: deadline).ResponseAsync);
        }

        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task Deadline_interrupts_a_stream_between_messages()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            ScriptedServer.Begin(context);
            await context.Response.Body.WriteAsync(ScriptedServer.Frame(new StreamingOutputCallResponse()));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        using var call = server.Client.StreamingOutputCall(new StreamingOutputCallRequest(), deadline: DateTime.UtcNow.AddSeconds(2));
        Assert.True(await call.ResponseStream.MoveNext());
        await CallAssert.FailsAsync(StatusCode.DeadlineExceeded, () => call.ResponseStream.MoveNext());
        await CallAssert.FailsAsync(StatusCode.DeadlineExceeded, () => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Infinite_and_far_deadlines_do_not_expire()
    {
        await using var server = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(new Empty()));

        foreach (var deadline in new[] { DateTime.MaxValue, DateTime.UtcNow.AddYears(200) })
        {
            Assert.NotNull(await server.Client.EmptyCallAsync(new Empty(), deadline: deadline));
        }
    }

    [Fact]
    public async Task Deadline_and_token_of_a_served_call_reach_the_calls_that_it_makes()
    {
        await using var hanging = await HangingServer.StartAsync();
        using var parent = new CancellationTokenSource();
        var bounded = new ParentCallContext(DateTime.UtcNow.AddMilliseconds(200), CancellationToken.None);
        await CallAssert.FailsAsync(
            StatusCode.DeadlineExceeded,
            hanging.Client.EmptyCallAsync(new Empty(), new CallOptions(deadline: DateTime.UtcNow.AddHours(1), propagationToken: bounded)).ResponseAsync);

        var cancellable = new ParentCallContext(null, parent.Token);
        var call = hanging.Client.EmptyCallAsync(new Empty(), new CallOptions(propagationToken: cancellable));
        await parent.CancelAsync();

        await CallAssert.FailsAsync(StatusCode.Cancelled, call.ResponseAsync);
    }

    [Fact]
    public async Task Local_time_is_refused()
    {
        await using var server = await ScriptedServer.StartWithBodyAsync([]);

        Assert.Throws<InvalidOperationException>(() => server.Client.EmptyCallAsync(new Empty(), deadline: DateTime.Now.AddHours(1)));
    }

    [Fact]
    public async Task Channel_can_ask_for_cancellation_exceptions()
    {
        await using var server = await ScriptedServer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default),
            new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = true });
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        var cancelled = server.Client.EmptyCallAsync(new Empty(), cancellationToken: cancellation.Token);
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.ResponseAsync.WaitAsync(CallAssert.Patience));
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.Equal(StatusCode.Cancelled, cancelled.GetStatus().StatusCode);

        var expired = server.Client.EmptyCallAsync(new Empty(), deadline: DateTime.UtcNow.AddMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => expired.ResponseAsync.WaitAsync(CallAssert.Patience));
        Assert.Equal(StatusCode.DeadlineExceeded, expired.GetStatus().StatusCode);
    }
}
