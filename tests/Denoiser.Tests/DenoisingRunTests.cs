using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Tests.Requests;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests;

public sealed class DenoisingRunTests : IDisposable
{
    private readonly LoadedModel _model = new(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Cancellation_between_steps_releases_everything()
    {
        using var cancellation = new CancellationTokenSource();
        var steps = new List<int>();
        Assert.Throws<OperationCanceledException>(() => _model.Loaded.Run(Job(_model) with { Steps = 5 }, cancellation.Token, (step, _) =>
        {
            steps.Add(step);
            Cancel(step == 2, cancellation);
        }));
        Assert.Equal([1, 2], steps);
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
    public void A_device_that_is_full_at_any_operation_leaves_nothing_alive()
    {
        var full = new FullBackend(TestEngine.Open());
        using var model = new LoadedModel(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image-edit-2511"), full);
        var job = Job(model);
        job = job with
        {
            Steps = 1,
            TrueCfgScale = 3,
            NegativePrompt = job.Prompt,
            References = [new(job.Grid with { Height = 4 }, Messages.Embeds(16, 40, 5))],
            Initial = new(Pictures(job.Grid, 7), 1) { Mask = Half(job.Grid) },
            PreviewInterval = 1,
        };
        Assert.InRange(full.AssertNothingStays(() => model.Run(job)), 50, 1000);
    }

    [Fact]
    public void Guidance_with_the_same_prompt_changes_nothing()
    {
        // comb = neg + s·(cond − neg) = cond when both are equal, whatever the scale.
        var job = Job(_model);
        var plain = _model.Run(job);
        var guided = _model.Run(job with { TrueCfgScale = 7, NegativePrompt = job.Prompt });
        TensorAssert.Close(plain, guided, 1e-6, "latents");
    }

    /// <summary>The golden tests' tolerance tells prompts apart: another prompt's latents are far outside of it.</summary>
    [Fact]
    public void Another_prompt_gives_other_latents()
    {
        var job = Job(_model);
        var other = job with { Prompt = new PromptEmbeds(job.Prompt.Tokens, Array.ConvertAll(job.Prompt.Values, value => -value)) };
        var latents = _model.Run(job);
        var others = _model.Run(other);
        Assert.True(TensorAssert.RelativeError(latents, others) > 1e-3);
    }

    [Fact]
    public void Given_noise_replaces_the_seeds()
    {
        var job = Job(_model);
        var noise = SeedDraws.Of(job).Noise;
        var drawn = _model.Run(job);
        var given = _model.Run(job with { Seed = 999, Noise = noise });
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
        var latents = model.Run(job);
        Assert.All(latents, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(name.EndsWith("2511", StringComparison.Ordinal), model.Transformer.Config.ZeroCondT);
    }

    public static TheoryData<string, bool> Kinds => new(
        from model in new[] { "tiny-qwen-image", "tiny-qwen-image-edit-2511" } from inpaint in new[] { false, true } select (model, inpaint));

    /// <summary>With references, an initial picture, a mask and guidance: whatever a run has, it has again after the checkpoint.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_run_that_goes_on_from_any_step_gives_the_same_bits(string name, bool inpaint)
    {
        using var model = new LoadedModel(Path.Combine(GoldenFolder.Default, "models", name));
        var job = Job(model) with { Steps = 5, TrueCfgScale = 3, NegativePrompt = new PromptEmbeds(2, Messages.Embeds(2, model.Transformer.Config.JointAttentionDim, 8)) };
        var grid = job.Grid;
        job = job with
        {
            References = [new(grid with { Height = 4 }, Messages.Embeds(16, 40, 5)), new(grid with { Width = 2 }, Messages.Embeds(16, 12, 6))],
            Initial = inpaint ? new(Pictures(grid, 7), 0.8) { Mask = Half(grid), IsReference = false } : null,
        };
        var after = new List<float[]>();
        var whole = model.Run(job, (_, tokens) => after.Add(PackedLatents.Read(tokens, grid, model.Backend)));
        Assert.Equal(inpaint ? 4 : 5, after.Count);
        for (var step = 1; step < after.Count; step++)
        {
            var first = 0;
            var rest = model.Run(job with { Resume = new(step, after[step - 1]) }, (done, _) => first = first == 0 ? done : first);
            TensorAssert.Exact(whole, rest, $"latents from step {step}");
            Assert.Equal(step + 1, first);
        }
    }

    [Fact]
    public void Outside_of_the_mask_the_result_is_the_initial_picture()
    {
        var job = Job(_model);
        var initial = new InitialPicture(Pictures(job.Grid, 7), 1) { Mask = Half(job.Grid) };
        var sampled = initial.Latents.Sample(new TorchGenerator(job.Seed));
        var latents = _model.Run(job with { Initial = initial });
        for (var i = 0; i < latents.Length; i++)
        {
            Assert.Equal(initial.Mask[i % initial.Mask.Length] == 0, latents[i] == sampled[i]);
        }
    }

    /// <summary>Which picture is which decides: neither the order of references nor their content may be lost.</summary>
    [Fact]
    public void References_and_their_order_change_the_result()
    {
        var job = Job(_model);
        ReferencePicture[] references = [new(job.Grid, Messages.Embeds(16, 60, 5)), new(job.Grid, Messages.Embeds(16, 60, 6))];
        var results = new[] { [], references[..1], references, [references[1], references[0]] }
            .Select(some => _model.Run(job with { References = some })).ToArray();
        for (var i = 0; i < results.Length; i++)
        {
            Assert.All(results[..i], other => Assert.True(TensorAssert.RelativeError(other, results[i]) > 1e-4));
        }
    }

    [Fact]
    public void An_initial_picture_as_reference_is_its_sample()
    {
        var job = Job(_model);
        var initial = new InitialPicture(Pictures(job.Grid, 7), 0.7);
        var sampled = initial.Latents.Sample(new TorchGenerator(job.Seed));
        var named = _model.Run(job with { Initial = initial, References = [new(job.Grid, sampled)] });
        TensorAssert.Exact(named, _model.Run(job with { Initial = initial with { IsReference = true } }), "latents");
    }

    /// <summary>A straight path: with a velocity that stays, every estimate is the end.</summary>
    [Fact]
    public void A_preview_is_where_the_velocity_leads()
    {
        var schedule = new FlowMatchSchedule([1f, 0.5f, 0.25f, 0f], [1000f, 500f, 250f]);
        // x = clean + σ·v with clean 3 and v −4.
        float[] before = [1f], after = [2f];
        Assert.Equal([3f], schedule.Estimate(before, after, 1));
    }

    private static Posterior Pictures(LatentGrid grid, int seed) =>
        new(Messages.Embeds(grid.Channels, grid.Height * grid.Width, seed), Messages.Embeds(grid.Channels, grid.Height * grid.Width, seed + 1));

    private static byte[] Half(LatentGrid grid) => [.. Enumerable.Range(0, grid.Height * grid.Width).Select(cell => (byte)(cell % grid.Width < grid.Width / 2 ? 1 : 0))];

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
