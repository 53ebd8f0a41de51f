using System.Globalization;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Golden;

/// <summary>Editing, image to image, inpainting and control networks: the first calls, every block, the latents after each step.</summary>
public sealed class PicturesGoldenTests
{
    // The pictures' latents come through the Vae, whose own tolerance this is.
    private const double CallTolerance = 4e-5;
    private const double LatentsTolerance = 1e-4;

    /// <summary>Cases whose conditioning was recorded in whole.</summary>
    public static IEnumerable<object[]> Cases =>
        from row in GoldenCase.Of("QwenImageEditPlusPipeline", "QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline", "QwenImageControlNetPipeline")
        where IsWhole((string)row[0])
        select row;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Latents_after_every_step_are_the_recorded_ones(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var model = new LoadedModel(golden.ModelFolder);
        using var control = Control(golden, model);
        var job = new EncodedPictures(golden, model.Transformer.Config).Job(control);
        var steps = new List<int>();
        model.Run(job, (step, tokens) =>
        {
            TensorAssert.Close(golden.Tensors[string.Create(CultureInfo.InvariantCulture, $"latents.{step}")], tokens, model.Backend, LatentsTolerance);
            steps.Add(step);
        });
        Assert.Equal(Enumerable.Range(1, golden.Timesteps.Length), steps);
        TensorAssert.Exact(
            golden.Sigmas.AsSpan()[^(steps.Count + 1)..], FlowMatchSchedule.For(model.Scheduler, job).Sigmas, "sigmas");
        Assert.Equal(0, model.Backend.LiveTensors);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Every_block_and_output_of_the_first_calls_is_the_recorded_one(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var model = new LoadedModel(golden.ModelFolder);
        using var control = Control(golden, model);
        var (backend, recorded) = (model.Backend, golden.Tensors);
        var job = new EncodedPictures(golden, model.Transformer.Config).Job(control);
        var cancellation = TestContext.Current.CancellationToken;

        using var run = model.Transformer.Begin(job.Images, job.Prompt, job.NegativePrompt!);
        using var tokens = backend.Empty([run.ImageTokens, job.Grid.TokenChannels], DType.Float32);
        using var velocity = backend.Empty(tokens.Shape, DType.Float32);
        WriteInput(job, model, tokens);
        TensorAssert.Close(recorded["dit.0.in.hidden_states"], tokens, backend, CallTolerance);

        var time = recorded["dit.0.in.timestep"].Whole[0];
        ControlRun? controlRun = null;
        if (control is not null)
        {
            using var packed = backend.Empty([job.Grid.Tokens, job.Grid.TokenChannels], DType.Float32);
            PackedLatents.Write(SeedDraws.Of(job).Controls[0], job.Grid, packed, backend);
            controlRun = control.Begin(job.Grid, job.Prompt, packed, run);
            control.Predict(controlRun, tokens, time, cancellation);
            controlRun.Residuals.Scale = job.Controls[0].Scale;
        }
        using (controlRun)
        {
            ReadOnlySpan<ControlResiduals> residuals = controlRun is null ? [] : [controlRun.Residuals];
            var blocks = 0;
            run.BlockDone = (block, image, text) =>
            {
                TensorAssert.Close(recorded[$"dit.0.block.{block}.img"], image, backend, CallTolerance);
                TensorAssert.Close(recorded[$"dit.0.block.{block}.txt"], text, backend, CallTolerance);
                blocks++;
            };
            model.Transformer.SetTime(run, time);
            model.Transformer.Predict(run, run.Prompts[0], tokens, velocity, cancellation, residuals);
            TensorAssert.Close(recorded["dit.0.out"], velocity, backend, CallTolerance);
            Assert.Equal(model.Transformer.Config.Layers, blocks);

            run.BlockDone = null;
            model.Transformer.Predict(run, run.Prompts[1], tokens, velocity, cancellation, residuals);
            TensorAssert.Close(recorded["dit.1.out"], velocity, backend, CallTolerance);
        }
    }

    private static void WriteInput(DenoiseJob job, LoadedModel model, Tensor tokens)
    {
        var draws = SeedDraws.Of(job);
        var start = draws.Initial is { } initial ? FlowMatchSchedule.For(model.Scheduler, job).AddNoise(initial, draws.Noise, 0) : draws.Noise;
        PackedLatents.Write(start, job.Grid, tokens.Rows(0, job.Grid.Tokens), model.Backend);
        var row = job.Grid.Tokens;
        foreach (var reference in job.References)
        {
            PackedLatents.Write(reference.Latents, reference.Grid, tokens.Rows(row, reference.Grid.Tokens), model.Backend);
            row += reference.Grid.Tokens;
        }
    }

    private static ControlNetwork? Control(GoldenCase golden, LoadedModel model) =>
        golden.Json.TryGetProperty("controlnet", out var name) && name.GetString() is { } folder
            ? ControlNetwork.Open(GoldenFolder.Model(folder), model.Transformer.Config, model.Backend)
            : null;

    private static bool IsWhole(string name)
    {
        using var golden = GoldenCase.Open(name);
        return !golden.Tensors.IsSampled("prompt.0.embeds") && !golden.Tensors.IsSampled("prompt.1.embeds");
    }
}
