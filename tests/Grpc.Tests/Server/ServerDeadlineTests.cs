using System.Globalization;
using Google.Protobuf;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerDeadlineTests
{
    [Fact]
    public async Task A_handler_that_hangs_does_not_hold_the_call()
    {
        await using var server = await ProbeServer.StartAsync();

        // The handler is let go only when the server is disposed of, after the answer.
        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "hang" }, ("grpc-timeout", "100m"));

        reply.ShouldFail(StatusCode.DeadlineExceeded, "Deadline Exceeded");
        Assert.True(server.State.WhenEntered.IsCompleted);
        Assert.False(server.State.Released.IsCompleted);
        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage())).Single();
    }

    [Fact]
    public async Task The_handler_is_told()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "wait" }, ("grpc-timeout", "100m"));

        reply.ShouldFail(StatusCode.DeadlineExceeded);
        await server.State.WhenLeft.WaitAsync(Patience.Token);
    }

    [Fact]
    public async Task A_callback_that_throws_when_told_does_no_harm()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "wait-badly" }, ("grpc-timeout", "100m"));

        reply.ShouldFail(StatusCode.DeadlineExceeded);
        await server.State.WhenLeft.WaitAsync(Patience.Token);
        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage())).Single();
    }

    [Fact]
    public async Task Messages_that_were_written_arrive_before_the_status()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Repeat, new ProbeMessage { Text = "then-wait", Count = 5 }, ("grpc-timeout", "300m"));

        reply.ShouldFail(StatusCode.DeadlineExceeded);
        Assert.Equal(5, reply.Messages.Count);
        Assert.Equal("4", reply.Trailer("grpc-status"));
    }

    [Fact]
    public async Task A_reader_that_waits_for_the_client_is_woken()
    {
        await using var server = await ProbeServer.StartAsync();
        using var pushed = new PushContent();
        var request = RawCalls.Request(RawCalls.Chat, pushed);
        request.Headers.Add("grpc-timeout", "200m");

        var reply = await server.Calls.SendAsync(request);

        reply.ShouldFail(StatusCode.DeadlineExceeded);
        await server.State.WhenLeft.WaitAsync(Patience.Token);
    }

    [Fact]
    public async Task A_writer_that_waits_for_the_client_is_woken()
    {
        await using var server = await ProbeServer.StartAsync();
        var message = new ProbeMessage { Count = 1_000_000, Data = ByteString.CopyFrom(new byte[10_000]) };
        var request = RawCalls.Request(RawCalls.Repeat, new ByteArrayContent(Frames.Message(message)));
        request.Headers.Add("grpc-timeout", "500m");
        using var response = await server.Calls.StartAsync(request, Patience.Token);

        // Nothing is read until the deadline has passed: the call must end all the same.
        await Task.Delay(1000, Patience.Token);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync(Patience.Token));

        var written = server.State.Written;
        Assert.InRange(written, 1, 999_999);
        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage())).Single();
        Assert.Equal(written, server.State.Written);
    }

    [Fact]
    public async Task A_deadline_that_has_passed_ends_the_call_at_once()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "hang" }, ("grpc-timeout", "0m"));

        reply.ShouldFail(StatusCode.DeadlineExceeded);
        Assert.False(server.State.WhenEntered.IsCompleted);
    }

    [Fact]
    public async Task The_service_sees_its_deadline()
    {
        await using var server = await ProbeServer.StartAsync();
        var before = DateTime.UtcNow;

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "context" }, ("grpc-timeout", "2H"));

        var deadline = DateTime.Parse(reply.Single().Text.Split('|')[3], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
        Assert.Equal(DateTimeKind.Utc, deadline.Kind);
        Assert.InRange(deadline, before.AddHours(2), DateTime.UtcNow.AddHours(2));
    }

    [Theory]
    [InlineData("99999999H")]
    [InlineData("100")]
    [InlineData("-1S")]
    [InlineData("1x")]
    [InlineData("123456789S")]
    [InlineData("S")]
    [InlineData("1.5S")]
    public async Task Timeouts_that_are_endless_or_nonsense_do_not_end_the_call(string timeout)
    {
        await using var server = await ProbeServer.StartAsync();

        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage(), ("grpc-timeout", timeout))).Single();
    }
}
