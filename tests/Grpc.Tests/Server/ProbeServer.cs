using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>The probe service on a real Kestrel, h2c on a free loopback port.</summary>
internal sealed class ProbeServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ProbeServer(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
        State = app.Services.GetRequiredService<ProbeState>();
        Calls = new RawCalls(Address);
    }

    public Uri Address { get; }

    public ProbeState State { get; }

    /// <summary>A client on one connection of its own.</summary>
    public RawCalls Calls { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<ProbeServer> StartAsync(
        Action<GrpcServiceOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        HttpProtocols protocols = HttpProtocols.Http2)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.Services.AddSingleton<ProbeState>();
        builder.Services.AddGrpc(options ?? (_ => { }));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<ProbeService>();
        map?.Invoke(app);
        await app.StartAsync(Patience.Token);
        return new ProbeServer(app);
    }

    /// <summary>Stops as a host does: no new calls, and those that run may end.</summary>
    public Task StopAsync() => _app.StopAsync(Patience.Token);

    public async ValueTask DisposeAsync()
    {
        State.Release();
        Calls.Dispose();
        await _app.StopAsync(Patience.Token);
        await _app.DisposeAsync();
    }
}
