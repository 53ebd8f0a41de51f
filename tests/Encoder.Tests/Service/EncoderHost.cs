using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Service;

/// <summary>The real service on free loopback ports, and clients for it.</summary>
internal sealed class EncoderHost : IAsyncDisposable
{
    public static readonly string TinyModel = Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image");

    private readonly WebApplication _app;

    private EncoderHost(WebApplication app)
    {
        _app = app;
        Channel = GrpcChannel.ForAddress(app.Urls.First());
        Client = new(Channel);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Last()) };
    }

    public GrpcChannel Channel { get; }

    public EncoderStage.EncoderStageClient Client { get; }

    public StageInfo.StageInfoClient Info => new(Channel);

    public HttpClient Http { get; }

    public StageGate Gate => _app.Services.GetRequiredService<StageGate>();

    public TensorBackend Backend => _app.Services.GetRequiredService<TensorBackend>();

    /// <summary>A host that is ready.</summary>
    public static async Task<EncoderHost> StartAsync(params string[] settings)
    {
        var host = await StartLoadingAsync(null, settings);
        await Eventually.TrueAsync(() => host._app.Services.GetRequiredService<StageReadiness>().IsReady, "the stage is ready");
        return host;
    }

    /// <summary>A host that has started; it loads its model only when <paramref name="load"/> completes.</summary>
    public static async Task<EncoderHost> StartLoadingAsync(Task? load, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(["--Model:Path=" + TinyModel, "--Stage:GrpcPort=0", "--Stage:HttpPort=0", .. settings]);
        builder.AddEncoder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        if (load is not null)
        {
            builder.Services.AddSingleton<IStageModel>(services => new HeldModel(services.GetRequiredService<EncoderModel>(), load));
        }
        var app = builder.Build();
        try
        {
            app.MapStage<EncoderService>();
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new EncoderHost(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes a slot as a computing call does, until the result is disposed.</summary>
    public async Task<IDisposable> HoldSlotAsync()
    {
        var place = Gate.Admit();
        await place.EnterAsync(TestContext.Current.CancellationToken);
        return place;
    }

    /// <summary>As the stop signal does; ends with the drain.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Channel.Dispose();
        await _app.StopAsync(TestContext.Current.CancellationToken);
        await _app.DisposeAsync();
    }

    private sealed class HeldModel(EncoderModel model, Task load) : IStageModel
    {
        public ModelInfo? Info => model.Info;

        public async Task LoadAsync(CancellationToken cancellationToken)
        {
            await load.WaitAsync(cancellationToken);
            await model.LoadAsync(cancellationToken);
        }
    }
}
