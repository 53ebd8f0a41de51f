using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using QwenMesh.Gateway;
using QwenMesh.Testing;
using Yarp.ReverseProxy;

// The tests count what the stages hold and what the process allocates.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(QwenMesh.Wire.Tests.Hosting.MeshHost))]

namespace QwenMesh.Wire.Tests.Hosting;

/// <summary>
/// The three stages and the Gateway in front of them, started once for all tests. Each stage computes one call at a time, so that a
/// call which is answered shows that the slot was free.
/// </summary>
public sealed class MeshHost : IAsyncLifetime
{
    private WebApplication _gateway = null!;

    internal TestStage Encoder { get; private set; } = null!;

    internal TestStage Denoiser { get; private set; } = null!;

    internal TestStage Vae { get; private set; } = null!;

    /// <summary>Address of the Gateway's gRPC port.</summary>
    internal Uri Ingress { get; private set; } = null!;

    internal IEnumerable<TestStage> Stages => [Encoder, Denoiser, Vae];

    public async ValueTask InitializeAsync()
    {
        Encoder = await TestStage.EncoderAsync("--Encoder:MaxPromptLength=10000");
        Denoiser = await TestStage.DenoiserAsync("--Denoiser:MaxSteps=10000", "--Denoiser:MaxImageTokens=64");
        Vae = await TestStage.VaeAsync("--Vae:MaxPixels=1100000");
        var builder = WebApplication.CreateBuilder(
            [
                "--Gateway:HttpPort=0", "--Gateway:GrpcPort=0", "--Stages:HealthIntervalSeconds=0.5",
                $"--Stages:Encoder:Addresses:0={Encoder.Grpc}", $"--Stages:Denoiser:Addresses:0={Denoiser.Grpc}", $"--Stages:Vae:Addresses:0={Vae.Grpc}",
            ]);
        builder.AddGateway();
        builder.Logging.ClearProviders();
        _gateway = builder.Build();
        _gateway.MapGateway();
        await _gateway.StartAsync(Bound.Token);
        Ingress = new Uri(_gateway.Urls.Last());
        var health = _gateway.Services.GetRequiredService<HealthCheckService>();
        var bound = Bound.Token;
        while ((await health.CheckHealthAsync(bound)).Status != HealthStatus.Healthy)
        {
            await Task.Delay(20, bound);
        }
    }

    /// <summary>Waits until no stage and not the Gateway holds anything of a call.</summary>
    internal async Task IdleAsync()
    {
        foreach (var stage in Stages)
        {
            await stage.IdleAsync();
        }
        var proxy = _gateway.Services.GetRequiredService<IProxyStateLookup>();
        await Eventually.TrueAsync(
            () => proxy.GetClusters().All(cluster => cluster.DestinationsState.AllDestinations.All(replica => replica.ConcurrentRequestCount == 0)),
            "the Gateway forwards nothing");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.StopAsync(Bound.Token);
        await _gateway.DisposeAsync();
        foreach (var stage in Stages)
        {
            await stage.DisposeAsync();
        }
    }
}
