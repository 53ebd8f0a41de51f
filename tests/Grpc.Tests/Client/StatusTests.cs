using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Http;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>What the client makes of answers that say, or fail to say, how a call ended.</summary>
public sealed class StatusTests
{
    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task Http_status_without_grpc_status_is_mapped(int http, StatusCode expected)
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.StatusCode = http;
            return Task.CompletedTask;
        });

        var failure = await CallAssert.FailsAsync(expected, server.Client.EmptyCallAsync(new Empty()).ResponseAsync);

        Assert.Contains($"HTTP status code: {http}", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x1, StatusCode.Internal)] // PROTOCOL_ERROR
    [InlineData(0x2, StatusCode.Internal)] // INTERNAL_ERROR
    [InlineData(0x3, StatusCode.Internal)] // FLOW_CONTROL_ERROR
    [InlineData(0x8, StatusCode.Cancelled)] // CANCEL
    [InlineData(0xb, StatusCode.ResourceExhausted)] // ENHANCE_YOUR_CALM
    [InlineData(0xc, StatusCode.PermissionDenied)] // INADEQUATE_SECURITY
    [InlineData(0x77, StatusCode.Unknown)]
    public async Task Stream_reset_is_mapped(int error, StatusCode expected)
    {
        await using var beforeHeaders = await ScriptedServer.StartAsync(context =>
        {
            ScriptedServer.Reset(context, error);
            return Task.CompletedTask;
        });
        await CallAssert.FailsAsync(expected, beforeHeaders.Client.EmptyCallAsync(new Empty()).ResponseAsync);

        await using var afterMessage = await ScriptedServer.StartAsync(async context =>
        {
            ScriptedServer.Begin(context);
            await context.Response.Body.WriteAsync(ScriptedServer.Frame(new StreamingOutputCallResponse()));
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(Stream.Null);
            ScriptedServer.Reset(context, error);
        });
        using var call = afterMessage.Client.FullDuplexCall();
        Assert.True(await call.ResponseStream.MoveNext());
        await call.RequestStream.CompleteAsync();
        await CallAssert.FailsAsync(expected, () => call.ResponseStream.MoveNext());
        Assert.Equal(expected, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x7, StatusCode.Unavailable)] // REFUSED_STREAM: not repeated once messages were sent
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    public async Task Reset_during_an_upload_is_mapped(int error, StatusCode expected)
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            _ = await context.Request.BodyReader.ReadAsync();
            ScriptedServer.Reset(context, error);
        });
        var large = new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[4 << 20]) };

        await CallAssert.FailsAsync(expected, async () =>
        {
            using var upload = server.Client.StreamingInputCall();
            await upload.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = large });
            await upload.ResponseAsync;
        });

        using var idle = server.Client.StreamingInputCall();
        await idle.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload() });
        await CallAssert.FailsAsync(expected, idle.ResponseAsync);
        await CallAssert.FailsAsync(expected, () => idle.RequestStream.WriteAsync(new StreamingInputCallRequest()));
    }

    [Fact]
    public async Task Reset_during_a_large_unary_request_is_mapped()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            _ = await context.Request.BodyReader.ReadAsync();
            ScriptedServer.Reset(context, 0xb);
        });
        var request = new SimpleRequest { Payload = new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[8 << 20]) } };

        await CallAssert.FailsAsync(StatusCode.ResourceExhausted, server.Client.UnaryCallAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task Refused_stream_without_messages_is_repeated()
    {
        var requests = 0;
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref requests) == 1)
            {
                ScriptedServer.Reset(context, 0x7);
                return;
            }

            ScriptedServer.Begin(context);
            await context.Response.Body.WriteAsync(ScriptedServer.Frame(new StreamingInputCallResponse { AggregatedPayloadSize = requests }));
            ScriptedServer.End(context, "0");
        });
        using var call = server.Client.StreamingInputCall();

        Assert.Equal(2, (await call.ResponseAsync.WaitAsync(CallAssert.Patience)).AggregatedPayloadSize);
    }

    [Fact]
    public async Task Status_message_and_trailers_come_from_the_trailers()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            ScriptedServer.Begin(context);
            context.Response.Headers["x-head"] = "1";
            await context.Response.StartAsync();
            context.Response.AppendTrailer("x-tail-bin", "AQID,BAU");
            ScriptedServer.End(context, "5", "caf%C3%A9 %zz 100%");
        });

        using var call = server.Client.EmptyCallAsync(new Empty());
        var failure = await CallAssert.FailsAsync(StatusCode.NotFound, call.ResponseAsync);

        Assert.Equal("café %zz 100%", failure.Status.Detail);
        Assert.Equal([[1, 2, 3], [4, 5]], failure.Trailers.GetAll("x-tail-bin").Select(entry => entry.ValueBytes));
        Assert.Equal("1", (await call.ResponseHeadersAsync).GetValue("x-head"));
        Assert.Equal(StatusCode.NotFound, call.GetStatus().StatusCode);
        Assert.Equal(2, call.GetTrailers().Count);
    }

    [Theory]
    [InlineData("3", StatusCode.InvalidArgument)]
    [InlineData("0", StatusCode.Internal)] // OK, but a unary call needs a message
    [InlineData("99", StatusCode.Unknown)]
    [InlineData("-1", StatusCode.Unknown)]
    [InlineData("five", StatusCode.Unknown)]
    [InlineData("99999999999", StatusCode.Unknown)]
    public async Task Trailers_only_response_is_understood(string status, StatusCode expected)
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = status;
            context.Response.Headers["x-reason"] = "because";
            return Task.CompletedTask;
        });

        var failure = await CallAssert.FailsAsync(expected, server.Client.EmptyCallAsync(new Empty()).ResponseAsync);

        Assert.Equal("because", failure.Trailers.GetValue("x-reason"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/html")]
    [InlineData("application/grpc-web")]
    [InlineData("application/json")]
    public async Task Response_that_is_not_grpc_is_unknown(string? contentType)
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.ContentType = contentType;
            return context.Response.WriteAsync("<html>hello</html>");
        });

        await CallAssert.FailsAsync(StatusCode.Unknown, server.Client.EmptyCallAsync(new Empty()).ResponseAsync);
        using var stream = server.Client.StreamingOutputCall(new StreamingOutputCallRequest());
        await CallAssert.FailsAsync(StatusCode.Unknown, () => stream.ResponseStream.MoveNext());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Missing_status_is_unknown(bool otherTrailer)
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc+proto";
            await context.Response.Body.WriteAsync(ScriptedServer.Frame(new Empty()));
            if (otherTrailer)
            {
                context.Response.AppendTrailer("x-other", "1");
            }
        });

        var failure = await CallAssert.FailsAsync(StatusCode.Unknown, server.Client.EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Contains("No grpc-status", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_connection_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";
        listener.Stop();
        using var channel = GrpcChannel.ForAddress(address);
        var client = new TestService.TestServiceClient(channel);

        await CallAssert.FailsAsync(StatusCode.Unavailable, client.EmptyCallAsync(new Empty()).ResponseAsync);
        using var call = client.FullDuplexCall();
        await CallAssert.FailsAsync(StatusCode.Unavailable, () => call.RequestStream.WriteAsync(new StreamingOutputCallRequest()));
        await CallAssert.FailsAsync(StatusCode.Unavailable, () => call.ResponseStream.MoveNext());
        await CallAssert.FailsAsync(StatusCode.Unavailable, call.ResponseHeadersAsync);
    }

    [Fact]
    public async Task Unknown_host_is_unavailable()
    {
        using var channel = GrpcChannel.ForAddress("http://no-such-host.invalid:1");

        await CallAssert.FailsAsync(StatusCode.Unavailable, new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
    }

    [Fact]
    public async Task Connection_that_closes_is_unavailable()
    {
        using var peer = RawPeer.Start(_ => Task.CompletedTask);

        await CallAssert.FailsAsync(StatusCode.Unavailable, peer.Client.EmptyCallAsync(new Empty()).ResponseAsync);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")]
    [InlineData("\0\0\0\u0004\0\0\0\0\0\0\0\0\u0001\0\0\0\0")] // SETTINGS, then DATA on stream 0
    [InlineData("\u00ff\u00ff\u00ff\u0004\0\0\0\0\0")] // a SETTINGS frame that claims 16 MiB
    [InlineData("\0\0\u0003\u0004\0\0\0\0\0abc")] // a SETTINGS frame whose length is no multiple of 6
    public async Task Garbage_instead_of_http2_fails_the_call(string garbage)
    {
        using var peer = RawPeer.Start(async stream =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(garbage));
            _ = await stream.ReadAtLeastAsync(new byte[1024], 1, throwOnEndOfStream: false);
        });

        var failure = await Assert.ThrowsAsync<RpcException>(() => peer.Client.EmptyCallAsync(new Empty()).ResponseAsync.WaitAsync(CallAssert.Patience));

        Assert.Contains(failure.StatusCode, new[] { StatusCode.Internal, StatusCode.Unavailable });
    }
}
