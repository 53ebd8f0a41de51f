using System.Net;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerStatusTests
{
    [Fact]
    public async Task An_exception_becomes_unknown_and_tells_nothing()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "throw" });

        reply.ShouldFail(StatusCode.Unknown);
        Assert.Equal("Exception was thrown by handler.", reply.Detail);
    }

    [Fact]
    public async Task Detailed_errors_tell_what_was_thrown()
    {
        await using var server = await ProbeServer.StartAsync(options => options.EnableDetailedErrors = true);

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "throw" });

        reply.ShouldFail(StatusCode.Unknown);
        Assert.Equal("Exception was thrown by handler. InvalidOperationException: broken inside", reply.Detail);
    }

    [Fact]
    public async Task A_status_set_by_the_handler_goes_with_its_response()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "status" });

        reply.ShouldFail(StatusCode.AlreadyExists, "set by the handler");
        Assert.Single(reply.Messages);
        Assert.False(reply.IsTrailersOnly);
    }

    [Fact]
    public async Task A_null_response_is_cancelled()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "null" });

        reply.ShouldFail(StatusCode.Cancelled, "No message returned from method.");
    }

    [Fact]
    public async Task An_exception_after_messages_puts_status_and_metadata_into_the_trailers()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Repeat, new ProbeMessage { Text = "then-throw", Count = 3 });

        reply.ShouldFail(StatusCode.DataLoss, "lost");
        Assert.Equal(3, reply.Messages.Count);
        Assert.Equal("15", reply.Trailer("grpc-status"));
        Assert.Equal("much", reply.Trailer("lost"));
    }

    [Fact]
    public async Task A_trailer_that_no_header_can_carry_does_not_hide_the_status()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "throw-bad-trailer" });

        reply.ShouldFail(StatusCode.Aborted, "gone");
        Assert.Null(reply.Header("bad"));
        Assert.Equal("yes", reply.Header("good"));
    }

    [Theory]
    [InlineData("/qwenmesh.probe.Probe/Nothing", "Method is unimplemented.")]
    [InlineData("/qwenmesh.probe.Nothing/Echo", "Service is unimplemented.")]
    [InlineData("/qwenmesh.probe.Probe/Missing", "")]
    public async Task What_nobody_implements_is_unimplemented(string path, string detail)
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(path, new ProbeMessage());

        reply.ShouldFail(StatusCode.Unimplemented, detail);
        Assert.True(reply.IsTrailersOnly);
    }

    [Fact]
    public async Task Unknown_services_can_be_left_to_other_middleware()
    {
        await using var server = await ProbeServer.StartAsync(options => options.IgnoreUnknownServices = true);

        var reply = await server.Calls.CallAsync("/qwenmesh.probe.Nothing/Echo", new ProbeMessage());

        Assert.Equal(HttpStatusCode.NotFound, reply.Http);
        Assert.Null(reply.Status);
    }
}
