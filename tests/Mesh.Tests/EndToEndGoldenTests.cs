using System.Globalization;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Imaging;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>From a prompt to a picture through all three models, each fed with what ours before it made, against the reference's run.</summary>
public sealed class EndToEndGoldenTests
{
    public static IEnumerable<object[]> Cases => GoldenCase.TextToImage;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void A_prompt_becomes_the_recorded_picture(string name)
    {
        using var golden = GoldenCase.Open(name);
        var steps = 0;
        var request = new OneProcessRequest(
            golden.ModelFolder, golden.Prompt, golden.NegativePrompt, golden.Width, golden.Height, golden.Steps, golden.TrueCfgScale, golden.Seed)
        {
            Lightning = golden.Scheduler == "lightning",
            MaxSequenceLength = golden.MaxSequenceLength,
            LatentsDone = (step, packed) =>
            {
                TensorAssert.Close(golden.Tensors[string.Create(CultureInfo.InvariantCulture, $"latents.{step}")], packed, 1e-4);
                steps++;
            },
        };

        var result = OneProcessPipeline.Run(request, TestContext.Current.CancellationToken);

        Assert.Equal(golden.Steps, steps);
        Compare(golden, "prompt.0.embeds", result.Prompt);
        Compare(golden, "prompt.1.embeds", result.Negative);
        Assert.NotNull(golden.Output);
        var expected = new VipsDecoder().Decode(File.ReadAllBytes(golden.Output), new ImageLimits());
        Assert.Equal((expected.Width, expected.Height), (result.Picture.Width, result.Picture.Height));
        var worst = expected.Pixels.ToArray().Zip(result.Picture.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= TestEngine.SampleTolerance, $"{name}: a sample differs by {worst}");
    }

    private static void Compare(GoldenCase golden, string recorded, PromptEmbeds? computed)
    {
        Assert.Equal(golden.Tensors.Has(recorded), computed is not null);
        if (computed is not null)
        {
            TensorAssert.Close(golden.Tensors[recorded], computed.Values, 2e-5);
        }
    }
}
