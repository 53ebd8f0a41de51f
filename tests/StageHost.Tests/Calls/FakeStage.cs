using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.StageHost.Calls;
using QwenMesh.Testing;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>A stage as every stage is hosted, on free loopback ports, with <see cref="FakeMethod"/> in place of a model.</summary>
internal sealed class FakeStage : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeStage(WebApplication app, FakeWork work)
    {
        (_app, Work) = (app, work);
        Gate = app.Services.GetRequiredService<StageGate>();
        Address = app.Urls.First();
        Channel = GrpcChannel.ForAddress(Address);
    }

    public FakeWork Work { get; }

    public StageGate Gate { get; }

    public LogLines Log => _app.Services.GetRequiredService<LogLines>();

    /// <summary>Is cancelled when the stage begins to stop.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Of the gRPC port.</summary>
    public string Address { get; }

    public GrpcChannel Channel { get; }

    public DenoiserStage.DenoiserStageClient Client => new(Channel);

    /// <param name="settings">E.g. "--Stage:InputTimeoutSeconds=1".</param>
    public static Task<FakeStage> StartAsync(params string[] settings) => StartAsync(TimeProvider.System, settings);

    /// <param name="time">Its clock.</param>
    /// <param name="settings">E.g. "--Stage:InputTimeoutSeconds=1".</param>
    public static async Task<FakeStage> StartAsync(TimeProvider time, params string[] settings)
    {
        var model = Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano");
        var builder = ServiceHost.CreateBuilder([$"--Model:Path={model}", "--Stage:GrpcPort=0", "--Stage:HttpPort=0", "--Stage:DrainSeconds=1", .. settings]);
        builder.AddStageDefaults("denoiser", 0, 0);
        var work = new FakeWork();
        builder.Services.AddSingleton(time).AddSingleton(work).AddSingleton<FakeMethod>().AddSingleton<IStageModel, FakeModel>().AddSingleton<LogLines>();
        builder.Logging.ClearProviders().Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<LogLines>());
        var app = builder.Build();
        app.MapStage<Service>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var readiness = app.Services.GetRequiredService<StageReadiness>();
        await Eventually.TrueAsync(() => readiness.IsReady, "the stage is ready");
        return new FakeStage(app, work);
    }

    /// <summary>Waits until no call holds a place or a slot.</summary>
    public Task IdleAsync() => Eventually.TrueAsync(() => Gate is { Receiving: 0, Admitted: 0, Running: 0, Waiting: 0 }, "the stage is idle");

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _app.StopAsync(bound.Token);
        await _app.DisposeAsync();
    }

    private sealed class Service(StageCalls calls, FakeMethod method) : DenoiserStage.DenoiserStageBase
    {
        public override Task Denoise(
            IAsyncStreamReader<DenoiseRequest> requestStream, IServerStreamWriter<DenoiseResponse> responseStream, ServerCallContext context) =>
            calls.RunAsync(method, requestStream, responseStream, context);
    }

    private sealed class FakeModel : IStageModel
    {
        public ModelInfo? Info { get; } = new() { ModelId = "fake", Component = "transformer", Features = { FakeMethod.Feature } };

        public Task LoadAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
