using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Checkpoints;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Tests;

/// <summary>The real service on loopback, on the shipped checkpoint, and a generated client for it.</summary>
public sealed class VaeHost : IAsyncLifetime
{
    private WebApplication? _app;
    private GrpcChannel? _channel;

    public static string Model => Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");

    public VaeStage.VaeStageClient Client { get; private set; } = null!;

    public StageInfo.StageInfoClient Info { get; private set; } = null!;

    /// <summary>Base address of health and metrics.</summary>
    public Uri Http { get; private set; } = null!;

    internal VaeModel VaeModel => _app!.Services.GetRequiredService<VaeModel>();

    internal TensorBackend Backend => _app!.Services.GetRequiredService<TensorBackend>();

    /// <summary>Tensors alive when nothing is computed.</summary>
    internal int IdleTensors { get; private set; }

    internal StageGate Gate => _app!.Services.GetRequiredService<StageGate>();

    internal int LatentChannels { get; } = AutoencoderConfig.Parse(Checkpoint.Open(Model).ReadConfig("vae")).ZDim;

    /// <summary>An unstarted host with the given settings beside the defaults of the tests.</summary>
    internal static WebApplication Build(params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(
            ["--Stage:GrpcPort=0", "--Stage:HttpPort=0", $"--Model:Path={Model}", "--Vae:MaxPixels=1100000", "--Stage:ChunkBytes=262144", "--Logging:LogLevel:Default=None", .. settings]);
        builder.AddVae();
        var app = builder.Build();
        app.MapStage<VaeService>();
        return app;
    }

    public async ValueTask InitializeAsync()
    {
        _app = Build();
        await _app.StartAsync(TestContext.Current.CancellationToken);
        var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        Http = new Uri(addresses[1]);
        _channel = GrpcChannel.ForAddress(addresses[0]);
        Client = new VaeStage.VaeStageClient(_channel);
        Info = new StageInfo.StageInfoClient(_channel);
        var readiness = _app.Services.GetRequiredService<StageReadiness>();
        await Eventually.TrueAsync(() => readiness.IsReady, "the stage is ready");
        IdleTensors = Backend.LiveTensors;
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }
}
