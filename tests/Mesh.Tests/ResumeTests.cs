using Grpc.Net.Client;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Mesh.Tests;

/// <summary>A denoising that goes on from a checkpoint, on the real Denoiser.</summary>
[Collection(MeshCollection.Name)]
public sealed class ResumeTests(MeshFixture mesh)
{
    private const int Steps = 6;

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Going_on_from_a_checkpoint_gives_the_same_latents_bit_for_bit(int done)
    {
        using var encoder = GrpcChannel.ForAddress(mesh.Stages[0].GrpcAddress);
        using var denoiser = GrpcChannel.ForAddress(mesh.Stages[1].GrpcAddress);
        using var embeds = await StageCalls.EncodeAsync(encoder, ["a green heart on a white background", "blurry"]);
        var prompt = StageCalls.Outgoing(embeds.Demand("prompt_embeds"), "prompt_embeds");
        var negative = StageCalls.Outgoing(embeds.Demand("prompt_embeds", 1), "negative_prompt_embeds");

        using var whole = await StageCalls.DenoiseAsync(
            denoiser, Parameters(checkpointInterval: 2, startStep: 0, StageFeatures.Checkpoint), prompt, negative);
        Assert.Equal([2, 4], whole.All.Where(tensor => tensor.Name == "checkpoint").Select(tensor => tensor.Index));
        var checkpoint = whole.Demand("checkpoint", done);
        using var rest = await StageCalls.DenoiseAsync(
            denoiser, Parameters(checkpointInterval: 0, startStep: done, StageFeatures.Resume), prompt, negative, StageCalls.Outgoing(checkpoint, "latents"));

        var expected = whole.Demand("latents").Bytes.Span;
        Assert.False(expected.SequenceEqual(checkpoint.Bytes.Span), "the rest of the steps did nothing");
        Assert.True(expected.SequenceEqual(rest.Demand("latents").Bytes.Span), "the latents differ");
    }

    private static DenoiseParameters Parameters(int checkpointInterval, int startStep, string feature) => new()
    {
        LatentHeight = 16,
        LatentWidth = 16,
        NumInferenceSteps = Steps,
        Scheduler = Scheduler.Checkpoint,
        TrueCfgScale = 3,
        Seed = 77,
        CheckpointInterval = checkpointInterval,
        StartStep = startStep,
        RequiredFeatures = { feature },
    };
}
