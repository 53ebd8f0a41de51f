using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Mesh.Tests.Upgrades;

/// <summary>Programs of another version on either side of a stage's calls.</summary>
[Collection(MeshCollection.Name)]
public sealed class MixedVersionTests(MeshFixture mesh)
{
    private static readonly object Request = new { prompt = "a red circle on a blue background", width = 512, height = 512, steps = 6, seed = 3 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_Gateway_draws_the_same_picture_with_stages_of_another_version()
    {
        await using var encoder = await RelayedStage.StartAsync(mesh.Stages[0]);
        await using var denoiser = await RelayedStage.StartAsync(mesh.Stages[1]);
        await using var vae = await RelayedStage.StartAsync(mesh.Stages[2]);
        await using var gateway = await ServiceProcess.StartGateway([], [], [], new Dictionary<string, string>
        {
            ["Stages__Encoder__Addresses__0"] = encoder.Address,
            ["Stages__Denoiser__Addresses__0"] = denoiser.Address,
            ["Stages__Vae__Addresses__0"] = vae.Address,
            ["Gateway__CheckpointSteps"] = "1",
            ["Jobs__CheckpointSeconds"] = "0",
        }).ReadyAsync("/v1/health/ready", Cancellation);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}"), Timeout = TimeSpan.FromMinutes(2) };
        Assert.Equal(await mesh.InferAsync(Request), await MeshFixture.InferAsync(http, Request));
    }

    [Fact]
    public async Task A_caller_of_another_version_gets_the_same_from_the_stages()
    {
        using var encoder = GrpcChannel.ForAddress(mesh.Stages[0].GrpcAddress);
        using var denoiser = GrpcChannel.ForAddress(mesh.Stages[1].GrpcAddress);
        using var encoded = await StageCalls.EncodeAsync(encoder, ["a red circle"]);
        var prompt = StageCalls.Outgoing(encoded.Demand("prompt_embeds"), "prompt_embeds");
        var oldest = new DenoiseParameters { LatentHeight = 16, LatentWidth = 16, NumInferenceSteps = 4, Scheduler = Scheduler.Checkpoint, TrueCfgScale = 1, Seed = 5 };
        var newest = oldest.Clone();
        newest.CheckpointInterval = 2;
        newest.RequiredFeatures.Add("checkpoint");

        using var expected = await StageCalls.DenoiseAsync(denoiser, newest, prompt);
        using var drawn = await StageCalls.DenoiseAsync(denoiser, OtherVersion.Of(oldest), prompt);
        Assert.Equal(expected.Demand("latents").Bytes.ToArray(), drawn.Demand("latents").Bytes.ToArray());
    }

    [Fact]
    public async Task A_caller_that_needs_what_a_stage_does_not_know_is_refused_by_name()
    {
        using var denoiser = GrpcChannel.ForAddress(mesh.Stages[1].GrpcAddress);
        var parameters = new DenoiseParameters { LatentHeight = 16, LatentWidth = 16, NumInferenceSteps = 4, Scheduler = Scheduler.Checkpoint, TrueCfgScale = 1, RequiredFeatures = { "of_tomorrow" } };
        var refused = await Assert.ThrowsAsync<RpcException>(() => StageCalls.DenoiseAsync(denoiser, parameters));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        Assert.Contains("of_tomorrow", refused.Status.Detail, StringComparison.Ordinal);
    }
}
