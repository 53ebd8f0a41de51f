using System.Globalization;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Golden;

/// <summary>Image to image and inpainting: latents after each step. The sampled picture is recorded only as part of the first call's input.</summary>
public sealed class InitialPictureGoldenTests
{
    private const double Tolerance = 1e-4;

    public static IEnumerable<object[]> Cases => GoldenCase.Of("QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Latents_after_every_step_are_the_recorded_ones(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var model = new LoadedModel(golden.ModelFolder);
        var job = golden.Job(model.Transformer.Config);
        job = job with
        {
            Initial = new(Certain(Initial(golden, job)), golden.Inputs.GetProperty("strength").GetDouble())
            {
                Mask = golden.Images.Count == 2 ? Mask(golden, job) : null,
            },
        };
        var checkedSteps = 0;
        model.Run(job, (step, tokens) =>
        {
            TensorAssert.Close(golden.Tensors[string.Create(CultureInfo.InvariantCulture, $"latents.{step}")], tokens, model.Backend, Tolerance);
            checkedSteps++;
        });

        Assert.Equal(golden.Timesteps.Length, checkedSteps);
        Assert.True(checkedSteps < golden.Steps);
        TensorAssert.Exact(golden.Sigmas.AsSpan()[^(checkedSteps + 1)..], FlowMatchSchedule.For(model.Scheduler, job).Sigmas, "sigmas");
        Assert.Equal(0, model.Backend.LiveTensors);
    }

    /// <summary>A distribution of one value; sampling it still consumes the draws.</summary>
    private static Posterior Certain(float[] latents)
    {
        var logVariance = new float[latents.Length];
        Array.Fill(logVariance, -300f);
        return new(latents, logVariance);
    }

    // x = σ·noise + (1 − σ)·picture, solved for the picture.
    private static float[] Initial(GoldenCase golden, DenoiseJob job)
    {
        var (first, noise) = (golden.Tensors["dit.0.in.hidden_states"].Whole, golden.Tensors["noise.1"].Whole);
        var sigma = golden.Sigmas[^(golden.Timesteps.Length + 1)];
        using var backend = TestEngine.Open();
        using var tokens = backend.From(first, [job.Grid.Tokens, job.Grid.TokenChannels], QwenMesh.Tensors.DType.Float32);
        var noised = Latents.PackedLatents.Read(tokens, job.Grid, backend);
        return [.. noised.Zip(noise, (x, drawn) => (float)((x - ((double)sigma * drawn)) / (1.0 - sigma)))];
    }

    // The second encoded picture is the first with nothing under the mask; a latent cell takes the mask of its first pixel.
    private static byte[] Mask(GoldenCase golden, DenoiseJob job)
    {
        var (picture, masked) = (golden.Tensors["vae.encode.0.in"], golden.Tensors["vae.encode.1.in"]);
        var (width, scale) = (picture.Shape[^1], picture.Shape[^1] / job.Grid.Width);
        var mask = new byte[job.Grid.Height * job.Grid.Width];
        for (var i = 0; i < mask.Length; i++)
        {
            var pixel = (i / job.Grid.Width * scale * width) + (i % job.Grid.Width * scale);
            mask[i] = picture.Whole[pixel] == masked.Whole[pixel] ? (byte)0 : (byte)1;
        }
        Assert.Contains((byte)0, mask);
        Assert.Contains((byte)1, mask);
        return mask;
    }
}
