using System.Globalization;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Imaging;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>
/// From a prompt and pictures to a picture through all three models, each fed with what ours before it made, against the reference's run.
/// </summary>
public sealed class EndToEndGoldenTests
{
    public static IEnumerable<object[]> Cases => GoldenCase.Of([.. PipelinePictures.Pipelines]);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Prompt_and_pictures_become_the_recorded_picture(string name)
    {
        using var golden = GoldenCase.Open(name);
        var steps = 0;
        var request = GoldenRequests.Of(golden) with
        {
            LatentsDone = (step, packed) =>
            {
                TensorAssert.Close(golden.Tensors[string.Create(CultureInfo.InvariantCulture, $"latents.{step}")], packed, 1e-4);
                steps++;
            },
        };

        var result = OneProcessPipeline.Run(request, TestContext.Current.CancellationToken);

        Assert.Equal(golden.Timesteps.Length, steps);
        Compare(golden, "prompt.0.embeds", result.Prompt);
        Compare(golden, "prompt.1.embeds", result.Negative);
        var worst = golden.Output is { } output ? Worst(GoldenRequests.Read(output), result.Picture) : Worst(golden.Tensors["vae.decode.out"], result.Picture);
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

    private static int Worst(RgbImage expected, RgbImage picture)
    {
        Assert.Equal((expected.Width, expected.Height), (picture.Width, picture.Height));
        return expected.Pixels.ToArray().Zip(picture.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Max();
    }

    // Without a file, the decoder's values [1, 3, 1, H, W] in [−1, 1] as the reference rounds them.
    private static int Worst(GoldenTensor decoded, RgbImage picture)
    {
        Assert.Equal([1, RgbImage.Channels, 1, picture.Height, picture.Width], Enumerable.Range(0, decoded.Shape.Rank).Select(axis => decoded.Shape[axis]));
        var pixels = picture.Width * picture.Height;
        return decoded.Values.Select((value, i) =>
        {
            var at = i * decoded.Every;
            var expected = (int)MathF.Round(Math.Clamp((0.5f * value) + 0.5f, 0, 1) * 255);
            return Math.Abs(expected - picture.Pixels.Span[(at % pixels * RgbImage.Channels) + (at / pixels)]);
        }).Max();
    }
}
