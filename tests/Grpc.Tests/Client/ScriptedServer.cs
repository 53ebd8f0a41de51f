using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>A server that speaks HTTP/2 but answers every request as a test says, right or wrong, with a client that calls it.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ScriptedServer(WebApplication application, GrpcChannelOptions options)
    {
        _application = application;
        Address = application.Urls.Single();
        Channel = GrpcChannel.ForAddress(Address, options);
        Client = new TestService.TestServiceClient(Channel);
    }

    public string Address { get; }

    public GrpcChannel Channel { get; }

    public TestService.TestServiceClient Client { get; }

    public static async Task<ScriptedServer> StartAsync(RequestDelegate answer, GrpcChannelOptions? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2);
        });
        var application = builder.Build();
        application.Run(answer);
        await application.StartAsync();
        return new ScriptedServer(application, options ?? new GrpcChannelOptions());
    }

    /// <summary>A server that sends the bytes as a gRPC response's body and ends with status OK.</summary>
    public static Task<ScriptedServer> StartWithBodyAsync(byte[] body, string? encoding = null, GrpcChannelOptions? options = null) => StartAsync(
        async context =>
        {
            Begin(context);
            if (encoding is not null)
            {
                context.Response.Headers["grpc-encoding"] = encoding;
            }

            await context.Response.Body.WriteAsync(body);
            End(context, "0");
        },
        options);

    /// <summary>Headers of a gRPC response.</summary>
    public static void Begin(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
    }

    /// <summary>Trailers of a gRPC response.</summary>
    public static void End(HttpContext context, string status, string? message = null)
    {
        context.Response.AppendTrailer("grpc-status", status);
        if (message is not null)
        {
            context.Response.AppendTrailer("grpc-message", message);
        }
    }

    /// <summary>Ends the stream with RST_STREAM.</summary>
    public static void Reset(HttpContext context, int error) => context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(error);

    public static byte[] Frame(IMessage message, byte flag = 0) => Frame(message.ToByteArray(), flag);

    public static byte[] Frame(byte[] payload, byte flag = 0, int? claimedLength = null)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), claimedLength ?? payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();

        // Requests that a test left hanging must not hold the server up.
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _application.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
        }

        await _application.DisposeAsync();
    }
}
