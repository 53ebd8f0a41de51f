using Google.Protobuf;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>What happens between the frames of HTTP/2.</summary>
public sealed class ServerFrameTests
{
    private static readonly byte[] Message = Frames.Message(new ProbeMessage { Data = ByteString.CopyFrom(new byte[300]) });

    [Fact]
    public async Task A_message_may_come_in_frames_of_one_byte()
    {
        await using var server = await ProbeServer.StartAsync();
        using var connection = await RawHttp2.ConnectAsync(server.Address);

        await connection.StartCallAsync(1, RawCalls.Echo);
        foreach (var value in Message)
        {
            await connection.SendAsync(RawHttp2.Data, 0, 1, [value]);
        }

        await connection.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, []);
        Assert.Equal("0", await connection.ReadStatusAsync(1));
    }

    [Theory]
    [InlineData(RawCalls.Echo)]
    [InlineData(RawCalls.Join)]
    [InlineData(RawCalls.Repeat)]
    [InlineData(RawCalls.Chat)]
    public async Task A_stream_that_is_half_closed_inside_a_message_is_internal(string path)
    {
        await using var server = await ProbeServer.StartAsync();
        using var connection = await RawHttp2.ConnectAsync(server.Address);

        await connection.StartCallAsync(1, path);
        await connection.SendAsync(RawHttp2.Data, 0, 1, Message[..7]);
        await connection.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, Message[7..100]);

        Assert.Equal("13", await connection.ReadStatusAsync(1));
    }

    [Theory]
    [InlineData(RawCalls.Echo, "13")]
    [InlineData(RawCalls.Chat, "0")]
    public async Task A_stream_that_ends_with_its_headers_has_no_messages(string path, string status)
    {
        await using var server = await ProbeServer.StartAsync();
        using var connection = await RawHttp2.ConnectAsync(server.Address);

        await connection.StartCallAsync(1, path, endStream: true);

        Assert.Equal(status, await connection.ReadStatusAsync(1));
    }

    [Fact]
    public async Task A_reset_inside_a_message_ends_that_call_alone()
    {
        await using var server = await ProbeServer.StartAsync();
        using var connection = await RawHttp2.ConnectAsync(server.Address);
        await connection.StartCallAsync(1, RawCalls.Chat);
        await connection.SendAsync(RawHttp2.Data, 0, 1, Message[..50]);
        await server.State.WhenEntered.WaitAsync(Patience.Token);

        await connection.SendAsync(RawHttp2.Reset, 0, 1, [0, 0, 0, 8]);
        await server.State.WhenLeft.WaitAsync(Patience.Token);

        await connection.StartCallAsync(3, RawCalls.Echo);
        await connection.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 3, Message);
        Assert.Equal("0", await connection.ReadStatusAsync(3));
    }

    [Fact]
    public async Task A_connection_that_breaks_inside_a_message_ends_its_calls()
    {
        await using var server = await ProbeServer.StartAsync();
        using (var connection = await RawHttp2.ConnectAsync(server.Address))
        {
            await connection.StartCallAsync(1, RawCalls.Chat);
            await connection.SendAsync(RawHttp2.Data, 0, 1, Message[..50]);
            await server.State.WhenEntered.WaitAsync(Patience.Token);
        }

        await server.State.WhenLeft.WaitAsync(Patience.Token);
        (await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage())).Single();
    }

    [Fact]
    public async Task A_client_that_falls_silent_inside_a_message_does_not_hold_the_call()
    {
        await using var server = await ProbeServer.StartAsync();
        using var connection = await RawHttp2.ConnectAsync(server.Address);

        await connection.StartCallAsync(1, RawCalls.Echo);
        await connection.SendAsync(RawHttp2.Data, 0, 1, Message[..50]);

        // Kestrel's own minimum data rate ends it: with a status, a reset, or the connection.
        var ended = await Record.ExceptionAsync(async () => Assert.NotEqual("0", await connection.ReadStatusAsync(1)));
        Assert.True(ended is null or IOException, ended?.ToString());
    }
}
