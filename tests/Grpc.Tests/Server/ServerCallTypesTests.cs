using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerCallTypesTests
{
    [Fact]
    public async Task Unary_answers_with_headers_one_message_and_trailers()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Data = ByteString.CopyFrom([1, 2, 3]) });

        Assert.Equal([1, 2, 3], reply.Single().Data.ToByteArray());
        Assert.Equal("application/grpc", reply.Header("content-type"));
        Assert.False(reply.IsTrailersOnly);
        Assert.Equal("0", reply.Trailer("grpc-status"));
        Assert.Null(reply.Header("grpc-encoding"));
    }

    [Fact]
    public async Task A_large_message_passes_in_both_directions()
    {
        await using var server = await ProbeServer.StartAsync(options => options.MaxReceiveMessageSize = null);
        var data = new byte[40 << 20];
        new Random(7).NextBytes(data);

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Data = UnsafeByteOperations.UnsafeWrap(data) });

        Assert.True(data.AsSpan().SequenceEqual(reply.Single().Data.Span));
    }

    [Fact]
    public async Task Client_streaming_sees_every_message_however_the_bytes_arrive()
    {
        await using var server = await ProbeServer.StartAsync();
        var body = Enumerable.Range(0, 20)
            .SelectMany(i => Frames.Message(new ProbeMessage { Data = ByteString.CopyFrom(new byte[i]) })).ToArray();

        using var content = new TricklingContent(body, 3);
        var reply = await server.Calls.SendAsync(RawCalls.Request(RawCalls.Join, content));

        Assert.Equal(20, reply.Single().Count);
        Assert.Equal(190, reply.Single().Data.Length);
    }

    [Fact]
    public async Task Client_streaming_may_answer_before_the_client_is_done()
    {
        await using var server = await ProbeServer.StartAsync();
        using var pushed = new PushContent();
        var calling = server.Calls.SendAsync(RawCalls.Request(RawCalls.Join, pushed));

        await pushed.WriteAsync(Frames.Message(new ProbeMessage { Text = "enough" }));

        Assert.Equal(1, (await calling).Single().Count);
        pushed.Complete();
    }

    [Fact]
    public async Task Server_streaming_sends_every_message_and_then_the_status()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Repeat, new ProbeMessage { Count = 50, Data = ByteString.CopyFromUtf8("again") });

        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.Equal(50, reply.Messages.Count);
        Assert.All(reply.Messages, message => Assert.Equal("again", ProbeMessage.Parser.ParseFrom(message.Payload).Data.ToStringUtf8()));
    }

    [Fact]
    public async Task Server_streaming_without_messages_is_trailers_only()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Repeat, new ProbeMessage());

        Assert.True(reply.IsTrailersOnly);
        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.Empty(reply.Body);
    }

    [Fact]
    public async Task Duplex_answers_each_message_while_the_request_is_open()
    {
        await using var server = await ProbeServer.StartAsync();
        using var pushed = new PushContent();
        var starting = server.Calls.StartAsync(RawCalls.Request(RawCalls.Chat, pushed), Patience.Token);
        await pushed.WriteAsync(Frames.Message(new ProbeMessage { Text = "0" }));
        using var response = await starting;
        await using var body = await response.Content.ReadAsStreamAsync(Patience.Token);

        for (var i = 0; i < 5; i++)
        {
            var expected = Frames.Message(new ProbeMessage { Text = $"{i}" });
            var actual = new byte[expected.Length];
            await body.ReadExactlyAsync(actual, Patience.Token);
            Assert.Equal(expected, actual);
            if (i < 4)
            {
                await pushed.WriteAsync(Frames.Message(new ProbeMessage { Text = $"{i + 1}" }));
            }
        }

        pushed.Complete();
        Assert.Equal(0, await body.ReadAsync(new byte[1], Patience.Token));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task The_context_describes_the_call()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "context" });

        var parts = reply.Single().Text.Split('|');
        Assert.Equal(RawCalls.Echo, parts[0]);
        Assert.Equal(server.Address.Authority, parts[1]);
        Assert.StartsWith("ipv4:127.0.0.1:", parts[2]);
        Assert.Equal(DateTime.MaxValue.ToString("O"), parts[3]);
        Assert.Equal(RawCalls.Echo, parts[4]);
    }

    [Fact]
    public async Task A_detail_in_utf8_is_percent_encoded()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "throw-status" });

        reply.ShouldFail(StatusCode.FailedPrecondition);
        Assert.Equal("na%C3%AFve %25 reason%0D%0A", reply.Detail);
        Assert.Equal("naïve % reason\r\n", Uri.UnescapeDataString(reply.Detail!));
        Assert.Equal("because", reply.Header("why"));
        Assert.Equal("AP8", reply.Header("why-bin"));
        Assert.True(reply.IsTrailersOnly);
        Assert.Empty(reply.Body);
        Assert.NotEqual(Encoding.Latin1.GetString([0, 255]), reply.Header("why-bin"));
    }
}
