using Grpc.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerMetadataTests
{
    [Fact]
    public async Task The_service_sees_the_callers_metadata_and_nothing_of_the_protocol()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(
            RawCalls.Echo,
            new ProbeMessage { Text = "metadata" },
            ("Plain", "a, b"), ("padded-bin", "AQ=="), ("unpadded-bin", "AQI"), ("joined-bin", "AQ==,AgM"), ("grpc-timeout", "1H"), ("empty-bin", ""));

        Assert.Equal(
            [
                "[Entry: key=empty-bin, valueBytes=]",
                "[Entry: key=joined-bin, valueBytes=01]",
                "[Entry: key=joined-bin, valueBytes=0203]",
                "[Entry: key=padded-bin, valueBytes=01]",
                "[Entry: key=plain, value=a, b]",
                "[Entry: key=unpadded-bin, valueBytes=0102]",
            ],
            reply.Single().Text.Split('\n').Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("####")]
    [InlineData("AQ==,!")]
    [InlineData("A Q=")]
    public async Task A_binary_header_that_is_not_base64_is_refused(string value)
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage(), ("broken-bin", value));

        reply.ShouldFail(StatusCode.Internal, "broken-bin");
    }

    [Fact]
    public async Task Headers_can_be_sent_before_the_response()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "headers" });

        reply.Single();
        Assert.Equal("bird", reply.Header("early"));
        Assert.Equal("AQID", reply.Header("early-bin"));
    }

    [Fact]
    public async Task Headers_are_sent_once()
    {
        await using var server = await ProbeServer.StartAsync(options => options.EnableDetailedErrors = true);

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "headers-twice" });

        reply.ShouldFail(StatusCode.Unknown, "Response headers can only be sent once");
        Assert.False(reply.IsTrailersOnly);
    }

    [Fact]
    public async Task Trailers_follow_the_response_and_cannot_change_the_status()
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(RawCalls.Echo, new ProbeMessage { Text = "trailers" });

        reply.Single();
        Assert.Equal("wards", reply.Trailer("after"));
        Assert.Equal("0", reply.Trailer("grpc-status"));
    }
}
