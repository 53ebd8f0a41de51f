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
        var steps = new List<int>();
        var latents = model.Run(job, (step, tokens) =>
        {
            TensorAssert.Close(golden.Tensors[string.Create(CultureInfo.InvariantCulture, $"latents.{step}")], tokens, backend, Tolerance);
            steps.Add(step);
        });

        Assert.Equal(0, backend.LiveTensors);
        TensorAssert.Close(golden.Tensors[$"latents.{golden.Steps}"], GoldenJobs.Pack(latents, job.Grid, backend), Tolerance);
        Assert.Equal(Enumerable.Range(1, golden.Steps), steps);
    }
}
