using System.Diagnostics.Metrics;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Service;

/// <summary>The real service on a free loopback port, and a client for it.</summary>
internal sealed class DenoiserHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private DenoiserHost(WebApplication app)
    {
        _app = app;
        _channel = GrpcChannel.ForAddress(app.Urls.First());
        Client = new(_channel);
        Info = new(_channel);
    }

    /// <summary>Makes the host's meters.</summary>
    public IMeterFactory Meters => _app.Services.GetRequiredService<IMeterFactory>();

    public DenoiserStage.DenoiserStageClient Client { get; }

    public StageInfo.StageInfoClient Info { get; }

    public LoadedDenoiser Loaded => _app.Services.GetRequiredService<DenoiserModel>().Loaded!;

    public static async Task<DenoiserHost> StartAsync(string model, params string[] settings)
    {
        var host = await StartLoadingAsync(model, settings);
        await Eventually.TrueAsync(() => host.Readiness.IsReady, "the stage is ready");
        return host;
    }

    /// <summary>A host that has started and loads its model.</summary>
    public static async Task<DenoiserHost> StartLoadingAsync(string model, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(["--Model:Path=" + model, "--Stage:GrpcPort=0", "--Stage:HttpPort=0", .. settings]);
        builder.AddDenoiser();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var app = builder.Build();
        app.MapStage<DenoiserService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new DenoiserHost(app);
    }

    public StageGate Gate => _app.Services.GetRequiredService<StageGate>();

    public StageReadiness Readiness => _app.Services.GetRequiredService<StageReadiness>();

    public TensorBackend Backend => _app.Services.GetRequiredService<TensorBackend>();

    /// <summary>Waits until no call is admitted and every tensor is back in the pool.</summary>
    public Task IdleAsync()
    {
        var (gate, backend) = (Gate, Backend);
        return Eventually.TrueAsync(() => gate.Receiving == 0 && gate.Admitted == 0 && gate.Running == 0 && backend.LiveTensors == 0, "all calls have left");
    }

    /// <summary>As the stop signal does; ends with the drain.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.StopAsync(TestContext.Current.CancellationToken);
        await _app.DisposeAsync();
    }
}
