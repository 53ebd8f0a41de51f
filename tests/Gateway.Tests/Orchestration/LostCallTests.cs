using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Tests.Orchestration;

/// <summary>Calls that die while they are computed, and calls that are refused.</summary>
public sealed class LostCallTests
{
    private static readonly GenerationRequest Request = new() { Prompt = "p", Seed = 13, Size = new ImageSize(512, 512) };

    [Fact]
    public async Task A_poisonous_request_costs_two_calls_and_no_replica_of_three()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 3, settings: new Dictionary<string, string?> { ["Stages:EjectAfterFailures"] = "1" });
        var progress = new RecordedProgress();
        int Calls() => mesh.Denoisers.Sum(denoiser => denoiser.Service.Calls.Count);
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Dies = seed => seed == 13;
            denoiser.Service.BeforeDeath = () => Eventually.TrueAsync(
                () => progress.Events.OfType<StepProgress>().Count() == Calls(), "the gateway knows that the call computes");
        }
        for (var i = 1; i <= 3; i++)
        {
            var lost = await Assert.ThrowsAsync<GenerationException>(() => mesh.DrawAsync(Request, progress));
            Assert.Equal(new GenerationFault("denoiser", FaultKind.Unavailable, "denoiser: went away while it computed"), lost.Fault);
            Assert.Equal(2 * i, Calls());
        }
        Assert.All(mesh.Denoisers, denoiser => Assert.NotEqual(
            DestinationHealth.Unhealthy, mesh.Gateway.Replica(StageNames.Denoiser, denoiser.Address).Health.Passive));
        await mesh.DrawAsync(Request with { Seed = 14 });
    }

    [Fact]
    public async Task A_call_that_dies_is_made_on_another_replica()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        mesh.Denoiser.Service.Dies = _ => true;
        while (mesh.Denoiser.Service.Calls.Count == 0)
        {
            Assert.Single((await mesh.DrawAsync(Request)).Pictures);
        }
        Assert.Equal(1, mesh.Denoiser.Service.Calls.Count);
    }

    /// <summary>A stage that says that its computation hangs exits after it, as one that dies does. So a request that hangs every replica costs two.</summary>
    [Fact]
    public async Task A_call_whose_computation_hangs_is_made_once_more()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Vae.Service.Calls.Hold = Task.FromException(StageFaults.Hung("vae", "the vae stops"));
        var lost = await Assert.ThrowsAsync<GenerationException>(() => mesh.DrawAsync(Request));
        Assert.Equal(new GenerationFault("vae", FaultKind.Unavailable, "vae: went away while it computed"), lost.Fault);
        Assert.Equal(2, mesh.Vae.Service.Calls.Count);
        mesh.Vae.Service.Calls.Hold = Task.CompletedTask;
        await mesh.DrawAsync(Request);
    }

    [Fact]
    public async Task Refusals_cost_time_and_no_attempts()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxAttempts"] = "2" });
        for (var i = 0; i < 3; i++)
        {
            mesh.Vae.Service.Calls.FailNext(StageFaults.NotReady("vae", "loading"));
        }
        await mesh.DrawAsync(Request);
        Assert.Equal((1, 4), (mesh.Denoiser.Service.Calls.Count, mesh.Vae.Service.Calls.Count));
    }

    [Fact]
    public async Task A_replica_that_answers_a_request_with_INTERNAL_is_not_left_out()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Stages:EjectAfterFailures"] = "1" });
        foreach (var fault in new[] { StageFaults.Internal("vae", "broken"), new RpcException(new Status(StatusCode.Internal, "")) })
        {
            mesh.Vae.Service.Calls.FailNext(fault);
            Assert.Equal(FaultKind.Internal, (await Assert.ThrowsAsync<GenerationException>(() => mesh.DrawAsync(Request))).Fault.Kind);
            Assert.NotEqual(DestinationHealth.Unhealthy, mesh.Gateway.Replica(StageNames.Vae, mesh.Vae.Address).Health.Passive);
        }
    }
}
