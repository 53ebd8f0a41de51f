using System.Globalization;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Golden;

/// <summary>Whole runs from the seed and the recorded prompt embeddings.</summary>
public sealed class DenoisingGoldenTests
{
    private const double Tolerance = 1e-4;

    public static IEnumerable<object[]> Cases => GoldenCase.TextToImageWithWhole("prompt.0.embeds", "prompt.1.embeds");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Latents_after_every_step_are_the_recorded_ones(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var model = new LoadedModel(golden.ModelFolder);
        var (backend, job) = (model.Backend, golden.Job(model.Transformer.Config));
        var steps = new RecordedSteps();
        var loop = new DenoisingLoop(model.Transformer, model.Scheduler, backend)
        {
            LatentsDone = (step, tokens) =>
                TensorAssert.Close(golden.Tensors[string.Create(CultureInfo.InvariantCulture, $"latents.{step}")], tokens, backend, Tolerance),
        };
        var latents = loop.Run(job, steps, TestContext.Current.CancellationToken);

        Assert.Equal(0, backend.LiveTensors);
        TensorAssert.Close(golden.Tensors[$"latents.{golden.Steps}"], GoldenJobs.Pack(latents, job.Grid, backend), Tolerance);
        TensorAssert.Exact(golden.Sigmas, steps.Sigmas, "sigmas");
        Assert.Equal(Enumerable.Range(1, golden.Steps), steps.Done.Select(step => step.Step));
        Assert.Equal(golden.Sigmas.Skip(1), steps.Done.Select(step => step.Sigma));
    }
}
