using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Orchestration;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Three fake stages and a Gateway in front of them.</summary>
internal sealed class FakeMesh : IAsyncDisposable
{
    private FakeMesh(FakeStage<FakeEncoder> encoder, IReadOnlyList<FakeStage<FakeDenoiser>> denoisers, FakeStage<FakeVae> vae, GatewayHost gateway)
    {
        (Encoder, Denoisers, Vae, Gateway) = (encoder, denoisers, vae, gateway);
    }

    public FakeStage<FakeEncoder> Encoder { get; }

    public IReadOnlyList<FakeStage<FakeDenoiser>> Denoisers { get; }

    public FakeStage<FakeDenoiser> Denoiser => Denoisers[0];

    public FakeStage<FakeVae> Vae { get; }

    public GatewayHost Gateway { get; }

    public static async Task<FakeMesh> StartAsync(
        int denoisers = 1, bool ready = true, IReadOnlyDictionary<string, string?>? settings = null, Action<IServiceCollection>? services = null,
        Action<FakeEncoder, FakeDenoiser, FakeVae>? models = null)
    {
        var encoder = await FakeStage<FakeEncoder>.StartAsync(new FakeEncoder(), ready);
        var pool = new List<FakeStage<FakeDenoiser>>();
        for (var i = 0; i < denoisers; i++)
        {
            pool.Add(await FakeStage<FakeDenoiser>.StartAsync(new FakeDenoiser(), ready));
        }
        var vae = await FakeStage<FakeVae>.StartAsync(new FakeVae(), ready);
        models?.Invoke(encoder.Service, pool[0].Service, vae.Service);
        var all = new Dictionary<string, string?>
        {
            ["Stages:Encoder:Addresses:0"] = encoder.Address,
            ["Stages:Vae:Addresses:0"] = vae.Address,
        };
        for (var i = 0; i < denoisers; i++)
        {
            all[$"Stages:Denoiser:Addresses:{i}"] = pool[i].Address;
        }
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            all[key] = value;
        }
        var gateway = await GatewayHost.StartAsync(all, services);
        return new FakeMesh(encoder, pool, vae, ready ? await gateway.ReadyAsync() : gateway);
    }

    /// <summary>A generation without a dialect.</summary>
    public async Task<GenerationResult> DrawAsync(GenerationRequest request, IGenerationProgress? progress = null, CancellationToken cancellationToken = default)
    {
        var served = Gateway.Services.GetRequiredService<ImageGenerator>().Check(request);
        var finished = await Gateway.Services.GetRequiredService<JobCalls>()
            .RunAsync(new JobSubmission { Request = request, Dialect = "" }, served, progress, cancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        return finished.Result;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Encoder.DisposeAsync();
        foreach (var denoiser in Denoisers)
        {
            await denoiser.DisposeAsync();
        }
        await Vae.DisposeAsync();
    }
}

/// <summary>One mesh for all tests that change nothing.</summary>
public sealed class SharedMesh : IAsyncLifetime
{
    internal FakeMesh Mesh { get; private set; } = null!;

    internal GatewayHost Gateway => Mesh.Gateway;

    public async ValueTask InitializeAsync() => Mesh = await FakeMesh.StartAsync();

    public ValueTask DisposeAsync() => Mesh.DisposeAsync();
}
