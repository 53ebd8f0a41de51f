using Google.Protobuf;
using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerCompressionTests
{
    private static readonly ProbeMessage Message = new() { Data = ByteString.CopyFrom(new byte[10_000]) };

    [Theory]
    [InlineData(RawCalls.Echo)]
    [InlineData(RawCalls.Join)]
    public async Task Compressed_and_plain_requests_are_read(string path)
    {
        await using var server = await ProbeServer.StartAsync();

        var compressed = await server.Calls.CallAsync(path, Frames.Frame(1, Frames.Gzip(Message.ToByteArray())), ("grpc-encoding", "gzip"));
        var plain = await server.Calls.CallAsync(path, Frames.Message(Message), ("grpc-encoding", "gzip"));

        Assert.Equal(Message.Data, compressed.Single().Data);
        Assert.Equal(Message.Data, plain.Single().Data);
    }

    [Fact]
    public async Task Responses_are_compressed_as_configured_when_the_client_accepts_it()
    {
        await using var server = await ProbeServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");

        var reply = await server.Calls.CallAsync(RawCalls.Repeat, CountedMessage(3), ("grpc-accept-encoding", "identity, gzip"));

        Assert.Equal("gzip", reply.Header("grpc-encoding"));
        Assert.Equal(3, reply.Messages.Count);
        Assert.All(reply.Messages, message =>
        {
            Assert.True(message.Compressed);
            Assert.Equal(Message.Data, ProbeMessage.Parser.ParseFrom(Frames.Gunzip(message.Payload)).Data);
        });
        Assert.InRange(reply.Body.Length, 0, 1000);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("identity")]
    [InlineData("deflate,identity,gzipped")]
    public async Task Responses_are_plain_for_clients_that_do_not_accept_the_encoding(string? accepted)
    {
        await using var server = await ProbeServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        (string, string)[] headers = accepted is null ? [] : [("grpc-accept-encoding", accepted)];

        var reply = await server.Calls.CallAsync(RawCalls.Echo, Message, headers);

        Assert.Null(reply.Header("grpc-encoding"));
        Assert.Equal(Message, reply.Single());
    }

    [Fact]
    public async Task A_service_can_choose_the_encoding_of_one_call()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "gzip" }, ("grpc-accept-encoding", "gzip"));

        Assert.Equal("gzip", reply.Header("grpc-encoding"));
        Assert.Null(reply.Header("grpc-internal-encoding-request"));
        Assert.True(Assert.Single(reply.Messages).Compressed);
    }

    [Fact]
    public async Task A_service_can_leave_single_messages_plain()
    {
        await using var server = await ProbeServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "no-compress" }, ("grpc-accept-encoding", "gzip"));

        Assert.Equal("gzip", reply.Header("grpc-encoding"));
        Assert.Equal("no-compress", reply.Single().Text);
    }

    [Fact]
    public async Task An_unknown_encoding_is_unimplemented_and_the_known_ones_are_named()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, Frames.Frame(1, [1, 2, 3]), ("grpc-encoding", "snappy"));

        reply.ShouldFail(StatusCode.Unimplemented, "snappy");
        Assert.Equal("identity,gzip,deflate", reply.Header("grpc-accept-encoding"));
    }

    [Fact]
    public async Task Broken_compression_is_internal()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, Frames.Frame(1, [1, 2, 3, 4, 5]), ("grpc-encoding", "gzip"));

        reply.ShouldFail(StatusCode.Internal, "decompress");
    }

    [Fact]
    public async Task An_algorithm_without_a_provider_is_found_at_start()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ProbeServer.StartAsync(options => options.ResponseCompressionAlgorithm = "zstd"));

        Assert.Contains("zstd", exception.Message);
    }

    private static ProbeMessage CountedMessage(int count) => new(Message) { Count = count };
}
