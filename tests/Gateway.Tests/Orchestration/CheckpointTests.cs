using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Orchestration;

/// <summary>A denoising that was lost goes on from its last checkpoint.</summary>
public sealed class CheckpointTests
{
    private static readonly GenerationRequest Request = new() { Prompt = "p", Seed = 13, Size = new ImageSize(512, 512), Steps = 40 };

    [Fact]
    public async Task Another_replica_goes_on_after_the_last_checkpoint()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        var progress = Prepare(mesh, steps: 12, deaths: 1);

        Assert.Single((await mesh.DrawAsync(Request, progress)).Pictures);

        var calls = Calls(mesh);
        Assert.Equal([0, 10], calls.Select(call => call.Parameters.StartStep));
        Assert.Equal([5, 5], calls.Select(call => call.Parameters.CheckpointInterval));
        Assert.DoesNotContain("latents", calls[0].Tensors.Keys);
        Assert.Contains(StageFeatures.Resume, calls[1].Parameters.RequiredFeatures);
        Assert.All(calls[1].Tensors["latents"], value => Assert.Equal(13, value));
        Assert.Equal((0, 0L), Held(mesh));
    }

    /// <summary>Two deaths end a generation, but for those that happen further on: the request is not what kills.</summary>
    [Fact]
    public async Task Deaths_before_a_checkpoint_count_no_more()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2, settings: Quick);
        var progress = Prepare(mesh, steps: 6, deaths: 4);

        Assert.Single((await mesh.DrawAsync(Request, progress)).Pictures);

        Assert.Equal([0, 5, 10, 15, 20], Calls(mesh).Select(call => call.Parameters.StartStep));
    }

    [Fact]
    public async Task Deaths_at_the_same_step_end_the_generation()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 3, settings: Quick);
        var progress = Prepare(mesh, steps: 4, deaths: 10);

        var lost = await Assert.ThrowsAsync<GenerationException>(() => mesh.DrawAsync(Request, progress));

        Assert.Equal(FaultKind.Unavailable, lost.Fault.Kind);
        Assert.Equal([0, 0], Calls(mesh).Select(call => call.Parameters.StartStep));
    }

    [Fact]
    public async Task A_replica_that_cannot_go_on_begins_anew()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        var progress = Prepare(mesh, steps: 12, deaths: 1);
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Model.Features.Remove(StageFeatures.Resume);
        }
        Assert.Single((await mesh.DrawAsync(Request, progress)).Pictures);
        Assert.Equal([0, 0], Calls(mesh).Select(call => call.Parameters.StartStep));
    }

    private static Dictionary<string, string?> Quick => new() { ["Stages:EjectAfterFailures"] = "100" };

    private static (int, long) Held(FakeMesh mesh)
    {
        var store = (Gateway.Artifacts.ArtifactStore)mesh.Gateway.Services.GetService(typeof(Gateway.Artifacts.ArtifactStore))!;
        return (store.Count, store.Bytes);
    }

    // The first calls die, whichever replica they go to, when the Gateway has read all that they have sent: their last step comes after the checkpoint.
    private static RecordedProgress Prepare(FakeMesh mesh, int steps, int deaths)
    {
        var (left, progress) = (deaths, new RecordedProgress());
        int Told() => progress.Events.OfType<StepProgress>().Count();
        int Begun() => mesh.Denoisers.Sum(denoiser => denoiser.Service.Calls.Count);
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.StepsBeforeDeath = steps;
            denoiser.Service.Dies = _ => Interlocked.Decrement(ref left) >= 0;
            denoiser.Service.BeforeDeath = () => Eventually.TrueAsync(() => Told() == steps * Begun(), "the gateway knows of every step");
        }
        return progress;
    }

    private static List<(Protocol.V1.DenoiseParameters Parameters, IReadOnlyDictionary<string, byte[]> Tensors)> Calls(FakeMesh mesh) =>
        [.. mesh.Denoisers.SelectMany(denoiser => denoiser.Service.Requests).OrderBy(call => call.Parameters.StartStep)];
}
