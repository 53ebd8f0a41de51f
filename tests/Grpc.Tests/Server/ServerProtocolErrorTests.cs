using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class ServerProtocolErrorTests
{
    private static readonly byte[] Good = Frames.Message(new ProbeMessage { Text = "good" });

    public static TheoryData<string, string, byte[], StatusCode, string> Broken => new()
    {
        { "no message", RawCalls.Echo, [], StatusCode.Internal, "Incomplete message" },
        { "no message, streaming", RawCalls.Repeat, [], StatusCode.Internal, "Incomplete message" },
        { "half a header", RawCalls.Echo, Good[..3], StatusCode.Internal, "Incomplete message" },
        { "header only", RawCalls.Echo, Good[..5], StatusCode.Internal, "Incomplete message" },
        { "truncated", RawCalls.Echo, Good[..^1], StatusCode.Internal, "Incomplete message" },
        { "truncated, client streaming", RawCalls.Join, [.. Good, .. Good[..^1]], StatusCode.Internal, "Incomplete message" },
        { "truncated, duplex", RawCalls.Chat, [.. Good, .. Good[..^1]], StatusCode.Internal, "Incomplete message" },
        { "two messages", RawCalls.Echo, [.. Good, .. Good], StatusCode.Internal, "Additional data" },
        { "a byte too many", RawCalls.Echo, [.. Good, 0], StatusCode.Internal, "Additional data" },
        { "flag 2", RawCalls.Echo, Frames.Frame(2, []), StatusCode.Internal, "compressed flag" },
        { "flag 255", RawCalls.Join, Frames.Frame(255, [1, 2]), StatusCode.Internal, "compressed flag" },
        { "compressed without encoding", RawCalls.Echo, Frames.Frame(1, [1, 2]), StatusCode.Internal, "grpc-encoding" },
        { "garbage", RawCalls.Echo, Frames.Frame(0, [0xff, 0xff, 0xff]), StatusCode.Internal, "deserialize" },
        { "garbage, duplex", RawCalls.Chat, Frames.Frame(0, [0x0a, 0x7f]), StatusCode.Internal, "deserialize" },
        { "invalid UTF-8 length", RawCalls.Join, Frames.Frame(0, [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]), StatusCode.Internal, "deserialize" },
        { "length of 4 GiB", RawCalls.Echo, Frames.Header(0, uint.MaxValue), StatusCode.ResourceExhausted, "exceeds" },
        { "length over the limit", RawCalls.Join, Frames.Header(0, (4 << 20) + 1), StatusCode.ResourceExhausted, "exceeds" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_body_gets_its_status(string what, string path, byte[] body, StatusCode expected, string detail)
    {
        await using var server = await ProbeServer.StartAsync();

        var reply = await server.Calls.CallAsync(path, body);

        Assert.NotEmpty(what);
        reply.ShouldFail(expected, detail);
        (await server.Calls.CallAsync(RawCalls.Echo, Good)).Single();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpcx")]
    public async Task A_content_type_that_is_not_grpc_is_415(string? contentType)
    {
        await using var server = await ProbeServer.StartAsync();
        var request = RawCalls.Request(RawCalls.Echo, new ByteArrayContent(Good));
        request.Content!.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);

        var reply = await server.Calls.SendAsync(request);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, reply.Http);
        Assert.Equal(StatusCode.Internal, reply.Status);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    [InlineData("APPLICATION/GRPC")]
    public async Task A_content_type_with_format_or_parameters_is_grpc(string contentType)
    {
        await using var server = await ProbeServer.StartAsync();
        var request = RawCalls.Request(RawCalls.Echo, new ByteArrayContent(Good));
        request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);

        Assert.Equal("good", (await server.Calls.SendAsync(request)).Single().Text);
    }

    [Fact]
    public async Task Only_post_is_served()
    {
        await using var server = await ProbeServer.StartAsync();
        var request = RawCalls.Request(RawCalls.Echo, new ByteArrayContent(Good));
        request.Method = HttpMethod.Put;

        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await server.Calls.SendAsync(request)).Http);
    }

    [Fact]
    public async Task Http_1_is_refused()
    {
        await using var server = await ProbeServer.StartAsync(protocols: HttpProtocols.Http1);
        using var http = new HttpClient { BaseAddress = server.Address };
        using var content = new ByteArrayContent(Good);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        using var response = await http.PostAsync(new Uri(RawCalls.Echo, UriKind.Relative), content, Patience.Token);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
    }

    [Fact]
    public async Task An_empty_message_is_a_message()
    {
        await using var server = await ProbeServer.StartAsync();

        Assert.Equal(new ProbeMessage(), (await server.Calls.CallAsync(RawCalls.Echo, Frames.Frame(0, []))).Single());
    }

    [Fact]
    public async Task Unknown_fields_are_kept()
    {
        await using var server = await ProbeServer.StartAsync();
        byte[] unknown = [0xa2, 0x06, 0x01, 0x41];

        Assert.Equal(unknown, (await server.Calls.CallAsync(RawCalls.Echo, Frames.Frame(0, unknown))).Single().ToByteArray());
    }
}
