using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>A server of any one service.</summary>
internal sealed class CountedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CountedServer(WebApplication app)
    {
        _app = app;
        Calls = new RawCalls(new Uri(app.Urls.Single()));
    }

    public RawCalls Calls { get; }

    public static async Task<CountedServer> StartAsync<TService>(Action<IServiceCollection> services)
        where TService : class
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        services(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<TService>();
        await app.StartAsync(Patience.Token);
        return new CountedServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        Calls.Dispose();
        await _app.DisposeAsync();
    }
}
