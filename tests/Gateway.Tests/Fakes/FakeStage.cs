using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>A real gRPC server on loopback that hosts one service implementation and grpc.health.v1.</summary>
internal sealed class FakeStage<TService> : IAsyncDisposable
    where TService : class
{
    private readonly WebApplication _app;
    private bool _stopped;

    private FakeStage(WebApplication app, TService service, FakeHealth health, FakeStageInfo info)
    {
        _app = app;
        Service = service;
        Health = health;
        Info = info;
        Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    public TService Service { get; }

    public FakeHealth Health { get; }

    public FakeStageInfo Info { get; }

    public string Address { get; }

    public IPEndPoint EndPoint => IPEndPoint.Parse(new Uri(Address).Authority);

    /// <param name="service">The implementation; one instance serves all calls.</param>
    /// <param name="serving">What the health service says at first.</param>
    /// <param name="at">Where it listens; null for an address of its own, which is nobody else's when it has ended.</param>
    /// <param name="tls">Sets up TLS; null for none.</param>
    public static async Task<FakeStage<TService>> StartAsync(TService service, bool serving = true, IPEndPoint? at = null, FakeStageTls? tls = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        tls?.AddTo(builder);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(at ?? new IPEndPoint(OwnLoopback.Next(), 0), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            tls?.UseOn(listen);
        }));
        var health = new FakeHealth { IsServing = serving };
        var info = new FakeStageInfo(service as IFakeModel);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(service).AddSingleton(health).AddSingleton(info);
        var app = builder.Build();
        app.MapGrpcService<TService>();
        app.MapGrpcService<FakeHealth>();
        app.MapGrpcService<FakeStageInfo>();
        await app.StartAsync();
        return new FakeStage<TService>(app, service, health, info);
    }

    /// <summary>Ends as a killed process does: connections break without a message.</summary>
    public async Task KillAsync()
    {
        _stopped = true;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        try
        {
            await _app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
        }
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await KillAsync();
        }
    }
}

internal sealed class FakeHealth : Health.HealthBase
{
    public volatile bool IsServing;

    /// <summary>Takes the question and never answers.</summary>
    public volatile bool IsSilent;

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (IsSilent)
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        return new HealthCheckResponse
        {
            Status = IsServing ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing,
        };
    }
}
