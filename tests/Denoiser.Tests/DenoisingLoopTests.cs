using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Tests.Requests;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests;

public sealed class DenoisingLoopTests : IDisposable
{
    private readonly LoadedModel _model = new(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Cancellation_between_steps_releases_everything()
    {
        using var cancellation = new CancellationTokenSource();
        var steps = new RecordedSteps { OnStep = step => Cancel(step == 2, cancellation) };
        Assert.Throws<OperationCanceledException>(() => Loop().Run(Job(_model) with { Steps = 5 }, steps, cancellation.Token));
        Assert.Equal(2, steps.Done.Count);
        Assert.Equal(0, _model.Backend.LiveTensors);
    }

    [Fact]
    public void Cancellation_inside_of_a_call_stops_before_the_next_block()
    {
        using var cancellation = new CancellationTokenSource();
        var job = Job(_model);
        using (var run = _model.Transformer.Begin(job.Grid, job.Prompt))
        {
            using var tokens = _model.Backend.From(new float[job.Grid.Elements], [job.Grid.Tokens, job.Grid.TokenChannels]);
            using var velocity = _model.Backend.Empty(tokens.Shape);
            var blocks = new List<int>();
            run.BlockDone = (block, _, _) =>
            {
                blocks.Add(block);
                Cancel(block == 1, cancellation);
            };
            _model.Transformer.SetTime(run, 0.5f);
            Assert.Throws<OperationCanceledException>(() => _model.Transformer.Predict(run, run.Prompts[0], tokens, velocity, cancellation.Token));
            Assert.Equal([0, 1], blocks);
        }
        Assert.Equal(0, _model.Backend.LiveTensors);
    }

    [Fact]
    public void Guidance_with_the_same_prompt_changes_nothing()
    {
        // comb = neg + s·(cond − neg) = cond when both are equal, whatever the scale.
        var job = Job(_model);
        var plain = Loop().Run(job, new RecordedSteps(), TestContext.Current.CancellationToken);
        var guided = Loop().Run(job with { TrueCfgScale = 7, NegativePrompt = job.Prompt }, new RecordedSteps(), TestContext.Current.CancellationToken);
        TensorAssert.Close(plain, guided, 1e-6, "latents");
    }

    /// <summary>The golden tests' tolerance tells prompts apart: another prompt's latents are far outside of it.</summary>
    [Fact]
    public void Another_prompt_gives_other_latents()
    {
        var job = Job(_model);
        var other = job with { Prompt = new PromptEmbeds(job.Prompt.Tokens, Array.ConvertAll(job.Prompt.Values, value => -value)) };
        var latents = Loop().Run(job, new RecordedSteps(), TestContext.Current.CancellationToken);
        var others = Loop().Run(other, new RecordedSteps(), TestContext.Current.CancellationToken);
        Assert.True(TensorAssert.RelativeError(latents, others) > 1e-3);
    }

    [Fact]
    public void Given_noise_replaces_the_seeds()
    {
        var job = Job(_model);
        var noise = SeedDraws.Of(job).Noise;
        var drawn = Loop().Run(job, new RecordedSteps(), TestContext.Current.CancellationToken);
        var given = Loop().Run(job with { Seed = 999, Noise = noise }, new RecordedSteps(), TestContext.Current.CancellationToken);
        TensorAssert.Exact(drawn, given, "latents");
    }

    [Theory]
    [InlineData("tiny-qwen-image-edit")]
    [InlineData("tiny-qwen-image-edit-2509")]
    [InlineData("tiny-qwen-image-edit-2511")]
    public void Edit_checkpoints_denoise_from_text(string name)
    {
        using var model = new LoadedModel(Path.Combine(GoldenFolder.Default, "models", name));
        var job = Job(model) with { TrueCfgScale = 3, NegativePrompt = new PromptEmbeds(2, Messages.Embeds(2, model.Transformer.Config.JointAttentionDim, 8)) };
        var latents = new DenoisingLoop(model.Transformer, model.Scheduler, model.Backend).Run(job, new RecordedSteps(), TestContext.Current.CancellationToken);
        Assert.All(latents, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(name.EndsWith("2511", StringComparison.Ordinal), model.Transformer.Config.ZeroCondT);
    }

    [Fact]
    public void A_wrong_width_names_the_tensor()
    {
        using var checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));
        var config = TransformerConfig.Parse(checkpoint.ReadConfig("transformer")) with { JointAttentionDim = 65 };
        var refused = Assert.Throws<CheckpointException>(() => new ImageTransformer(config, checkpoint.OpenWeights("transformer"), _model.Backend));
        Assert.Equal("txt_norm.weight", refused.Tensor);
    }

    [Fact]
    public void A_missing_layer_leaves_tensors_over()
    {
        using var checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));
        var config = TransformerConfig.Parse(checkpoint.ReadConfig("transformer")) with { Layers = 2 };
        var refused = Assert.Throws<CheckpointException>(() => new ImageTransformer(config, checkpoint.OpenWeights("transformer"), _model.Backend));
        Assert.StartsWith("transformer_blocks.2.", refused.Tensor, StringComparison.Ordinal);
    }

    private DenoisingLoop Loop() => new(_model.Transformer, _model.Scheduler, _model.Backend);

    private static DenoiseJob Job(LoadedModel model)
    {
        var config = model.Transformer.Config;
        return new()
        {
            Grid = new LatentGrid(config.OutChannels, 6, 10, config.PatchSize),
            Steps = 2,
            Seed = 11,
            Prompt = new PromptEmbeds(7, Messages.Embeds(7, config.JointAttentionDim, 4)),
        };
    }

    private static void Cancel(bool now, CancellationTokenSource cancellation)
    {
        if (now)
        {
            cancellation.Cancel();
        }
    }
}
