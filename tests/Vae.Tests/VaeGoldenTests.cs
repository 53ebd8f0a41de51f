using System.Text.Json;
using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae.Tests;

/// <summary>The decoder against the reference's numbers, on every case of the golden folder that has them whole.</summary>
public sealed class VaeGoldenTests
{
    private static readonly string[] Pipelines =
    [
        "QwenImagePipeline", "QwenImageImg2ImgPipeline", "QwenImageInpaintPipeline", "QwenImageControlNetPipeline",
        "QwenImageEditPipeline", "QwenImageEditPlusPipeline", "QwenImageEditInpaintPipeline",
    ];

    public static IEnumerable<object[]> WithLatents
    {
        get
        {
            foreach (var row in GoldenCase.Of(Pipelines))
            {
                using var golden = GoldenCase.Open((string)row[0]);
                if (golden.Tensors.Has("vae.decode.in") && !golden.Tensors.IsSampled("vae.decode.in"))
                {
                    yield return row;
                }
            }
        }
    }

    public static IEnumerable<object[]> WithLastStep => GoldenCase.TextToImageWithWhole("latents.last");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(WithLatents))]
    public void The_decoder_returns_the_recorded_pixels(string name)
    {
        using var golden = GoldenCase.Open(name);
        using var backend = TestEngine.Open();
        using var checkpoint = Checkpoint.Open(golden.ModelFolder);
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        using (var autoencoder = new AutoencoderKLQwenImage(config, checkpoint.OpenWeights("vae"), backend))
        {
            var recorded = golden.Tensors["vae.decode.in"]; // [1, C, 1, h, w]
            var (height, width) = (recorded.Shape[^2], recorded.Shape[^1]);
            using var scope = new TensorScope(backend);
            var z = Planes.ToLast(recorded.Whole, [config.ZDim, height, width], scope, backend);

            var pixels = autoencoder.Decode(z, scope, TestContext.Current.CancellationToken);

            Assert.Equal([height * config.ScaleFactor, width * config.ScaleFactor, 3], pixels.Shape);
            // The engine clamps while it rounds to 8 bits, the reference at the end of its decoder.
            var clamped = Planes.ToFirst(pixels, scope, backend).Select(value => Math.Clamp(value, -1, 1)).ToArray();
            TensorAssert.Close(golden.Tensors["vae.decode.out"], clamped, 2e-5);
        }
        Assert.Equal(0, backend.LiveTensors);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(WithLastStep))]
    public void The_recorded_latents_become_the_recorded_picture(string name)
    {
        using var golden = GoldenCase.Open(name);
        Assert.NotNull(golden.Output);
        using var backend = TestEngine.Open();
        using var checkpoint = Checkpoint.Open(golden.ModelFolder);
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        var shape = golden.Tensors["vae.decode.in"].Shape; // [1, C, 1, h, w]
        var (height, width) = (shape[^2], shape[^1]);
        var latents = Unpack(golden.Tensors[$"latents.{golden.Steps}"], PatchSize(checkpoint), [config.ZDim, height, width], backend);

        using var autoencoder = new AutoencoderKLQwenImage(config, checkpoint.OpenWeights("vae"), backend);
        using var decoder = new LatentDecoder(autoencoder, backend);
        var frame = decoder.Decode(new Latents(latents, height, width), TestContext.Current.CancellationToken);

        var expected = new VipsDecoder().Decode(File.ReadAllBytes(golden.Output), new ImageLimits());
        Assert.Equal((expected.Width, expected.Height), (frame.Width, frame.Height));
        var worst = expected.Pixels.ToArray().Zip(frame.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= TestEngine.SampleTolerance, $"{name}: a sample differs by {worst}");
    }

    private static int PatchSize(Checkpoint checkpoint)
    {
        using var config = JsonDocument.Parse(checkpoint.ReadConfig("transformer"));
        return config.RootElement.GetProperty("patch_size").GetInt32();
    }

    /// <summary>Packed latents [1, tokens, C·p·p] as [C, h, w].</summary>
    private static float[] Unpack(GoldenTensor packed, int patch, Shape shape, TensorBackend backend)
    {
        using var scope = new TensorScope(backend);
        var tokens = scope.From(packed.Whole, [packed.Shape[^2], packed.Shape[^1]]);
        var latents = scope.Empty(shape);
        backend.UnpackLatents(tokens, patch, latents);
        return TensorAssert.Read(latents, backend);
    }
}
