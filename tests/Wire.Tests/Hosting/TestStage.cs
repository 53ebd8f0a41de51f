using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Denoiser;
using QwenMesh.Encoder;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using QwenMesh.Vae;

namespace QwenMesh.Wire.Tests.Hosting;

/// <summary>A real stage on the shipped checkpoint, on free loopback ports of this process: what it holds can be counted.</summary>
internal sealed class TestStage : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TensorBackend _backend;
    private int _idleTensors;

    private TestStage(WebApplication app)
    {
        _app = app;
        _backend = app.Services.GetRequiredService<TensorBackend>();
        Gate = app.Services.GetRequiredService<StageGate>();
        Grpc = new Uri(app.Urls.First());
    }

    /// <summary>Address of the gRPC port.</summary>
    public Uri Grpc { get; }

    /// <summary>Counts the calls that are taken on, wait or compute.</summary>
    public StageGate Gate { get; }

    public bool IsIdle => Gate is { Receiving: 0, Admitted: 0, Running: 0, Waiting: 0 } && _backend.LiveTensors == _idleTensors;

    public static Task<TestStage> EncoderAsync(params string[] settings) =>
        StartAsync(builder => builder.AddEncoder(), app => app.MapStage<EncoderService>(), settings);

    public static Task<TestStage> DenoiserAsync(params string[] settings) =>
        StartAsync(builder => builder.AddDenoiser(), app => app.MapStage<DenoiserService>(), settings);

    public static Task<TestStage> VaeAsync(params string[] settings) =>
        StartAsync(builder => builder.AddVae(), app => app.MapStage<VaeService>(), settings);

    /// <summary>Waits until no call holds a place, a slot or a tensor.</summary>
    public Task IdleAsync() => Eventually.TrueAsync(() => IsIdle, $"{Grpc} is idle");

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(Bound.Token);
        await _app.DisposeAsync();
    }

    private static async Task<TestStage> StartAsync(Action<WebApplicationBuilder> add, Action<WebApplication> map, string[] settings)
    {
        var model = Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");
        var builder = WebApplication.CreateBuilder(
            [$"--Model:Path={model}", "--Stage:GrpcPort=0", "--Stage:HttpPort=0", "--Stage:ChunkBytes=262144", "--Stage:DrainSeconds=1", .. settings]);
        add(builder);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        map(app);
        await app.StartAsync(Bound.Token);
        var host = new TestStage(app);
        var readiness = app.Services.GetRequiredService<StageReadiness>();
        await Eventually.TrueAsync(() => readiness.IsReady, $"{host.Grpc} is ready");
        host._idleTensors = host._backend.LiveTensors;
        return host;
    }
}
