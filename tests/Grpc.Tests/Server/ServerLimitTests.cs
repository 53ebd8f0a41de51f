using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerLimitTests
{
    private static readonly ByteString Kilobyte = ByteString.CopyFrom(new byte[1024]);

    [Fact]
    public async Task Messages_up_to_the_limit_are_received_and_not_a_byte_more()
    {
        var fits = new ProbeMessage { Data = Kilobyte };
        await using var server = await ProbeServer.StartAsync(options => options.MaxReceiveMessageSize = fits.CalculateSize());

        (await server.Calls.CallAsync(RawCalls.Echo, fits)).Single();
        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Data = ByteString.CopyFrom(new byte[1025]) }))
            .ShouldFail(StatusCode.ResourceExhausted, "Received message exceeds");
    }

    [Fact]
    public async Task Responses_over_the_limit_are_not_sent()
    {
        await using var server = await ProbeServer.StartAsync(options => options.MaxSendMessageSize = 1000);

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "grow", Count = 1001 });

        reply.ShouldFail(StatusCode.ResourceExhausted, "Sending message exceeds");
        Assert.Empty(reply.Body);
        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "grow", Count = 900 })).Single();
    }

    [Fact]
    public async Task A_service_may_have_limits_of_its_own()
    {
        await using var server = await ProbeServer.StartAsync(
            options => options.MaxReceiveMessageSize = 10,
            services => services.AddGrpc().AddServiceOptions<ProbeService>(options => options.MaxReceiveMessageSize = null));

        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Data = Kilobyte })).Single();
    }

    [Fact]
    public async Task A_writer_waits_for_a_client_that_does_not_read()
    {
        await using var server = await ProbeServer.StartAsync();
        var request = RawCalls.Request(
            RawCalls.Repeat, new ByteArrayContent(Frames.Message(new ProbeMessage { Count = 10_000, Data = ByteString.CopyFrom(new byte[10_000]) })));
        using var response = await server.Calls.StartAsync(request, Patience.Token);

        // The windows of HTTP/2 and the buffers on both sides hold a few megabytes; 100 MB would have to wait.
        var written = 0;
        while (written == 0 || written != server.State.Written)
        {
            written = server.State.Written;
            await Task.Delay(300, Patience.Token);
        }

        Assert.InRange(written, 1, 5000);
        var body = await response.Content.ReadAsByteArrayAsync(Patience.Token);
        Assert.Equal(10_000, Frames.Split(body).Count);
        Assert.Equal(10_000, server.State.Written);
    }
}
