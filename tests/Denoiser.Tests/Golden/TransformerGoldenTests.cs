using QwenMesh.Denoiser.Sampling;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Golden;

/// <summary>Single transformer calls on recorded inputs.</summary>
public sealed class TransformerGoldenTests
{
    private const double Tolerance = 2e-5;

    public static IEnumerable<object[]> Cases => GoldenCase.TextToImageWithWhole(
        "prompt.0.embeds", "prompt.1.embeds", "dit.0.in.encoder_hidden_states", "dit.1.in.encoder_hidden_states");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Every_recorded_call_gives_the_recorded_velocity(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var model = new LoadedModel(golden.ModelFolder);
        var calls = 0;
        for (; golden.Tensors.Has($"dit.{calls}.out"); calls++)
        {
            Call(golden, model, calls, observed: false);
        }
        Assert.NotEqual(0, calls);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Every_block_of_the_first_call_gives_the_recorded_rows(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var model = new LoadedModel(golden.ModelFolder);
        Call(golden, model, 0, observed: true);
    }

    private static void Call(GoldenCase golden, LoadedModel model, int call, bool observed)
    {
        var (backend, grid, recorded) = (model.Backend, golden.Grid(model.Transformer.Config), golden.Tensors);
        using var tokens = backend.From(Input(golden, model, call), [grid.Tokens, grid.TokenChannels]);
        using var velocity = backend.Empty(tokens.Shape);
        using var run = model.Transformer.Begin(grid, GoldenJobs.Embeds(recorded[$"dit.{call}.in.encoder_hidden_states"]));
        var blocks = 0;
        if (observed)
        {
            run.BlockDone = (block, image, text) =>
            {
                TensorAssert.Close(recorded[$"dit.{call}.block.{block}.img"], image, backend, Tolerance);
                TensorAssert.Close(recorded[$"dit.{call}.block.{block}.txt"], text, backend, Tolerance);
                blocks++;
            };
        }
        model.Transformer.SetTime(run, recorded[$"dit.{call}.in.timestep"].Whole[0]);
        model.Transformer.Predict(run, run.Prompts[0], tokens, velocity, TestContext.Current.CancellationToken);
        TensorAssert.Close(recorded[$"dit.{call}.out"], velocity, backend, Tolerance);
        Assert.Equal(observed ? model.Transformer.Config.Layers : 0, blocks);
    }

    // The recorded input; where only a sample is, the loop's own latents at that call, which the sample must confirm.
    private static float[] Input(GoldenCase golden, LoadedModel model, int call)
    {
        var recorded = golden.Tensors[$"dit.{call}.in.hidden_states"];
        if (!recorded.IsSampled)
        {
            return recorded.Whole;
        }
        var (config, backend) = (model.Transformer.Config, model.Backend);
        var (job, stepsBefore) = (golden.Job(config), golden.IsGuided ? call / 2 : call);
        var latents = GoldenJobs.Pack(SeedDraws.Of(job).Noise, job.Grid, backend);
        model.Run(job, (step, tokens) => latents = step == stepsBefore ? TensorAssert.Read(tokens, backend) : latents);
        TensorAssert.Close(recorded, latents, Tolerance);
        return latents;
    }
}
