using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>Bodies that break the protocol: each ends the call with a status, none hangs or allocates what it claims.</summary>
public sealed class MalformedResponseTests
{
    private static readonly byte[] Message = new SimpleResponse { Payload = new Payload { Body = ByteString.CopyFrom(new byte[100]) } }.ToByteArray();

    public static TheoryData<string, byte[], string?, StatusCode> Bodies() => new()
    {
        { "nothing", [], null, StatusCode.Internal },
        { "half a header", [0, 0, 0], null, StatusCode.Internal },
        { "header without message", [0, 0, 0, 0, 9], null, StatusCode.Internal },
        { "message cut short", ScriptedServer.Frame(Message, claimedLength: Message.Length + 1), null, StatusCode.Internal },
        { "huge length", ScriptedServer.Frame(Message, claimedLength: int.MaxValue), null, StatusCode.ResourceExhausted },
        { "negative length", ScriptedServer.Frame(Message, claimedLength: -1), null, StatusCode.ResourceExhausted },
        { "flag 2", ScriptedServer.Frame(Message, flag: 2), null, StatusCode.Internal },
        { "compressed without encoding", ScriptedServer.Frame(Gzip(Message), flag: 1), null, StatusCode.Internal },
        { "compressed as identity", ScriptedServer.Frame(Gzip(Message), flag: 1), "identity", StatusCode.Internal },
        { "unknown encoding", ScriptedServer.Frame(Message, flag: 1), "snappy", StatusCode.Internal },
        { "not gzip", ScriptedServer.Frame(Message, flag: 1), "gzip", StatusCode.Internal },
        { "gzip cut short", ScriptedServer.Frame(Gzip(new byte[5000])[..30], flag: 1), "gzip", StatusCode.Internal },
        { "gzip bomb", ScriptedServer.Frame(Gzip(new byte[64 << 20]), flag: 1), "gzip", StatusCode.ResourceExhausted },
        { "garbage protobuf", ScriptedServer.Frame([0xff, 0xff, 0xff, 0xff]), null, StatusCode.Internal },
        { "field longer than message", ScriptedServer.Frame([0x0a, 0x7f, 0x01]), null, StatusCode.Internal },
        { "two messages", [.. ScriptedServer.Frame(Message), .. ScriptedServer.Frame(Message)], null, StatusCode.Internal },
        { "a message and a byte", [.. ScriptedServer.Frame(Message), 0], null, StatusCode.Internal },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Unary_call_ends_with_a_status(string what, byte[] body, string? encoding, StatusCode expected)
    {
        Assert.NotEmpty(what);
        await using var server = await ScriptedServer.StartWithBodyAsync(body, encoding);

        using var call = server.Client.UnaryCallAsync(new SimpleRequest());
        await CallAssert.FailsAsync(expected, call.ResponseAsync);

        Assert.Equal(expected, call.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Stream_ends_with_a_status(string what, byte[] body, string? encoding, StatusCode expected)
    {
        // What a stream may hold: no message at all, or several.
        var allowed = what is "nothing" or "two messages";
        await using var server = await ScriptedServer.StartWithBodyAsync(body, encoding);
        using var call = server.Client.StreamingOutputCall(new StreamingOutputCallRequest());

        var reading = Task.Run(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
            }
        });

        if (allowed)
        {
            await reading.WaitAsync(CallAssert.Patience);
        }
        else
        {
            await CallAssert.FailsAsync(expected, reading);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Compressed_message_within_the_limit_is_read(string encoding)
    {
        var body = ScriptedServer.Frame(encoding == "gzip" ? Gzip(Message) : Zlib(Message), flag: 1);
        await using var server = await ScriptedServer.StartWithBodyAsync(body, encoding);

        Assert.Equal(Message, (await server.Client.UnaryCallAsync(new SimpleRequest())).ToByteArray());
    }

    [Fact]
    public async Task Message_that_arrives_byte_by_byte_is_read()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            ScriptedServer.Begin(context);
            foreach (var value in ScriptedServer.Frame(Message))
            {
                await context.Response.Body.WriteAsync(new[] { value });
                await context.Response.Body.FlushAsync();
            }

            ScriptedServer.End(context, "0");
        });

        Assert.Equal(Message, (await server.Client.UnaryCallAsync(new SimpleRequest())).ToByteArray());
    }

    [Fact]
    public async Task Failure_in_the_trailers_wins_over_a_missing_message()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            ScriptedServer.Begin(context);
            await context.Response.StartAsync();
            ScriptedServer.End(context, "8", "full");
        });

        var failure = await CallAssert.FailsAsync(StatusCode.ResourceExhausted, server.Client.UnaryCallAsync(new SimpleRequest()).ResponseAsync);
        Assert.Equal("full", failure.Status.Detail);
    }

    [Fact]
    public async Task Metadata_that_is_not_base64_fails_the_call()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            ScriptedServer.Begin(context);
            context.Response.Headers["x-broken-bin"] = "***";
            return context.Response.StartAsync();
        });

        await CallAssert.FailsAsync(StatusCode.Internal, server.Client.UnaryCallAsync(new SimpleRequest()).ResponseAsync);
    }

    [Fact]
    public async Task Received_limit_is_exact()
    {
        var options = new GrpcChannelOptions { MaxReceiveMessageSize = Message.Length };
        await using var fits = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(Message), options: options);
        Assert.Equal(100, (await fits.Client.UnaryCallAsync(new SimpleRequest())).Payload.Body.Length);

        options = new GrpcChannelOptions { MaxReceiveMessageSize = Message.Length - 1 };
        await using var exceeds = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(Message), options: options);
        await CallAssert.FailsAsync(StatusCode.ResourceExhausted, exceeds.Client.UnaryCallAsync(new SimpleRequest()).ResponseAsync);
    }

    [Fact]
    public async Task Default_limit_is_4_MiB_and_null_lifts_it()
    {
        var large = new SimpleResponse { Payload = new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[5 << 20]) } };
        await using var limited = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(large));
        await CallAssert.FailsAsync(StatusCode.ResourceExhausted, limited.Client.UnaryCallAsync(new SimpleRequest()).ResponseAsync);

        await using var unlimited = await ScriptedServer.StartWithBodyAsync(
            ScriptedServer.Frame(large), options: new GrpcChannelOptions { MaxReceiveMessageSize = null });
        Assert.Equal(5 << 20, (await unlimited.Client.UnaryCallAsync(new SimpleRequest())).Payload.Body.Length);
    }

    private static byte[] Gzip(byte[] data) => Compress(data, target => new GZipStream(target, CompressionLevel.Optimal));

    private static byte[] Zlib(byte[] data) => Compress(data, target => new ZLibStream(target, CompressionLevel.Optimal));

    private static byte[] Compress(byte[] data, Func<Stream, Stream> open)
    {
        using var target = new MemoryStream();
        using (var stream = open(target))
        {
            stream.Write(data);
        }

        return target.ToArray();
    }
}
