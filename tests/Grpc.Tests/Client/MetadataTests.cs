using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Http;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>Headers of a request as the server sees them.</summary>
public sealed class MetadataTests
{
    [Fact]
    public async Task Protocol_headers_are_sent()
    {
        var headers = await CaptureAsync(new CallOptions());

        Assert.Equal("application/grpc", headers.ContentType);
        Assert.Equal("trailers", headers["te"]);
        Assert.Equal("identity,gzip,deflate", headers["grpc-accept-encoding"]);
        Assert.StartsWith("grpc-csharp-", headers.UserAgent.ToString(), StringComparison.Ordinal);
        Assert.False(headers.ContainsKey("grpc-encoding"));
        Assert.False(headers.ContainsKey("grpc-timeout"));
    }

    [Fact]
    public async Task Metadata_is_sent_and_protocol_headers_in_it_are_not()
    {
        var metadata = new Metadata
        {
            { "x-text", "one" },
            { "x-text", "two" },
            { "X-Bytes-bin", new byte[] { 1, 2, 3, 4 } },
            { "content-language", "en" },
            { "grpc-timeout", "1n" },
            { "grpc-internal-encoding-request", "gzip" },
            { "te", "none" },
        };

        var headers = await CaptureAsync(new CallOptions(metadata));

        Assert.Equal("one,two", string.Join(',', headers["x-text"].SelectMany(value => value!.Split(", "))));
        Assert.Equal("AQIDBA", headers["x-bytes-bin"]);
        Assert.Equal("en", headers.ContentLanguage);
        Assert.Equal("trailers", headers["te"]);
        Assert.Equal("gzip", headers["grpc-encoding"]);
        Assert.False(headers.ContainsKey("grpc-timeout"));
        Assert.False(headers.ContainsKey("grpc-internal-encoding-request"));
    }

    [Fact]
    public async Task Text_that_a_header_cannot_carry_fails_the_call()
    {
        await using var server = await ScriptedServer.StartWithBodyAsync(ScriptedServer.Frame(new Empty()));

        await CallAssert.FailsAsync(
            StatusCode.Internal, server.Client.EmptyCallAsync(new Empty(), new Metadata { { "x-text", "a\r\nx-injected: 1" } }).ResponseAsync);
    }

    [Fact]
    public async Task Unknown_request_encoding_is_refused()
    {
        await using var server = await ScriptedServer.StartWithBodyAsync([]);

        Assert.Throws<InvalidOperationException>(
            () => server.Client.EmptyCallAsync(new Empty(), new Metadata { { "grpc-internal-encoding-request", "snappy" } }));
    }

    [Fact]
    public async Task Call_credentials_stay_off_insecure_channels_unless_asked_for()
    {
        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("authorization", $"Bearer {context.MethodName}");
            return Task.CompletedTask;
        });

        Assert.False((await CaptureAsync(new CallOptions(credentials: credentials))).ContainsKey("authorization"));

        var unsafeOptions = new GrpcChannelOptions
        {
            UnsafeUseInsecureChannelCallCredentials = true,
            Credentials = ChannelCredentials.Create(new AnyTransport(), CallCredentials.FromInterceptor((_, metadata) =>
            {
                metadata.Add("x-channel", "1");
                return Task.CompletedTask;
            })),
        };
        var headers = await CaptureAsync(new CallOptions(credentials: credentials), unsafeOptions);
        Assert.Equal("Bearer EmptyCall", headers.Authorization);
        Assert.Equal("1", headers["x-channel"]);
    }

    [Fact]
    public async Task Failing_credentials_fail_the_call()
    {
        await using var server = await ScriptedServer.StartWithBodyAsync([], options: new GrpcChannelOptions { UnsafeUseInsecureChannelCallCredentials = true });
        var credentials = CallCredentials.FromInterceptor((_, _) => throw new InvalidOperationException("no token"));

        var failure = await CallAssert.FailsAsync(
            StatusCode.Internal, server.Client.EmptyCallAsync(new Empty(), new CallOptions(credentials: credentials)).ResponseAsync);
        Assert.Contains("no token", failure.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<IHeaderDictionary> CaptureAsync(CallOptions options, GrpcChannelOptions? channelOptions = null)
    {
        var captured = new HeaderDictionary();
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                foreach (var (name, values) in context.Request.Headers)
                {
                    captured[name] = values;
                }

                await context.Request.Body.CopyToAsync(Stream.Null);
                ScriptedServer.Begin(context);
                await context.Response.Body.WriteAsync(ScriptedServer.Frame(new Empty()));
                ScriptedServer.End(context, "0");
            },
            channelOptions);
        await server.Client.EmptyCallAsync(new Empty(), options);
        return captured;
    }

    // Channel credentials that hold call credentials must be composable; this one makes no demand on the transport.
    private sealed class AnyTransport : ChannelCredentials
    {
        internal override bool IsComposable => true;

        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetInsecureCredentials(state);
    }
}
