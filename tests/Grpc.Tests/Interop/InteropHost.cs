using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>Our server with the interop test service on a free loopback port.</summary>
internal sealed class InteropHost : IAsyncDisposable
{
    private const string FlagsKey = "message-flags";

    private readonly WebApplication _application;

    private InteropHost(WebApplication application)
    {
        _application = application;
        Port = new Uri(application.Urls.Single()).Port;
    }

    public int Port { get; }

    public static MessageFlags RequestFlags(HttpContext context) => (MessageFlags)context.Items[FlagsKey]!;

    public static async Task<InteropHost> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.WebHost.ConfigureKestrel(options => options.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var application = builder.Build();
        application.Use(ScanRequest);
        application.MapGrpcService<InteropService>();
        await application.StartAsync();
        return new InteropHost(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static Task ScanRequest(HttpContext context, RequestDelegate next)
    {
        var flags = new MessageFlags();
        context.Items[FlagsKey] = flags;
        context.Request.Body = new FlagScanningStream(context.Request.Body, flags);
        return next(context);
    }
}
