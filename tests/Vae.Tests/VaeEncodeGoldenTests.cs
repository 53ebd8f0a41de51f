using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae.Tests;

/// <summary>The encoder against the reference's numbers: every recorded <c>vae.encode.N</c> of every case.</summary>
public sealed class VaeEncodeGoldenTests
{
    private const double Tolerance = 2e-5;

    private static readonly string[] Masked = ["QwenImageInpaintPipeline", "QwenImageEditInpaintPipeline"];

    private static readonly string[] Edits = ["QwenImageEditPipeline", "QwenImageEditPlusPipeline", "QwenImageEditInpaintPipeline"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static IEnumerable<object[]> Encodings
    {
        get
        {
            foreach (var row in GoldenCase.Of(["QwenImageImg2ImgPipeline", "QwenImageControlNetPipeline", .. Masked, .. Edits.Except(Masked)]))
            {
                using var golden = GoldenCase.Open((string)row[0]);
                for (var index = 0; golden.Tensors.Has($"vae.encode.{index}.mode"); index++)
                {
                    yield return [row[0], index];
                }
            }
        }
    }

    /// <summary>Those whose pixels were recorded too, as they came out of bytes.</summary>
    public static IEnumerable<object[]> Recorded
    {
        get
        {
            foreach (var row in Encodings)
            {
                using var golden = GoldenCase.Open((string)row[0]);
                if (!IsMasked(golden, (int)row[1]) && golden.Tensors.Has($"vae.encode.{row[1]}.in"))
                {
                    yield return row;
                }
            }
        }
    }

    /// <summary>From the input's file: read, resized, widened to [−1, 1], encoded.</summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Encodings))]
    public void The_recorded_picture_becomes_the_recorded_mean(string name, int index)
    {
        using var golden = GoldenCase.Open(name);
        using var backend = TestEngine.Open();
        using var checkpoint = Checkpoint.Open(golden.ModelFolder);
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        using (var autoencoder = new AutoencoderKLQwenImage(config, checkpoint.OpenWeights("vae"), backend))
        {
            var isMasked = IsMasked(golden, index);
            var picture = Picture(golden, isMasked ? 0 : index);
            var mean = isMasked ? EncodeMasked(golden, picture, autoencoder, backend) : Encode(picture, autoencoder, backend);
            TensorAssert.Close(golden.Tensors[$"vae.encode.{index}.mode"], mean, Tolerance);
        }
        Assert.Equal(0, backend.LiveTensors);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Recorded))]
    public void Bytes_are_widened_as_recorded(string name, int index)
    {
        using var golden = GoldenCase.Open(name);
        using var backend = TestEngine.Open();
        using var scope = new TensorScope(backend);
        var picture = Picture(golden, index);
        var pixels = PixelValues.Load(picture, new(0, 0, picture.Height, picture.Width), 1, scope, backend);
        var (expected, found) = (golden.Tensors[$"vae.encode.{index}.in"], Planes.ToFirst(pixels, scope, backend));
        if (TestEngine.IsBFloat16)
        {
            TensorAssert.Close(expected, found, Tolerance);
        }
        else
        {
            TensorAssert.Exact(expected, found);
        }
    }

    /// <summary>The inpainting pipelines encode the picture and then, for nothing, what the mask leaves of it.</summary>
    private static bool IsMasked(GoldenCase golden, int index) => index == 1 && Masked.Contains(golden.Pipeline, StringComparer.Ordinal);

    /// <summary>The input as the pipeline hands it to the autoencoder: edits at an area of 1024², the others at the size of the output.</summary>
    private static RgbImage Picture(GoldenCase golden, int index)
    {
        var read = new VipsDecoder().Decode(File.ReadAllBytes(golden.Images[index]), new ImageLimits());
        var (width, height) = Size(golden, read);
        return ImageResizer.Resize(read, width, height);
    }

    private static (int Width, int Height) Size(GoldenCase golden, RgbImage read)
    {
        if (!Edits.Contains(golden.Pipeline, StringComparer.Ordinal))
        {
            return (golden.Width, golden.Height);
        }
        var ratio = (double)read.Width / read.Height;
        var width = Math.Sqrt(1024.0 * 1024 * ratio);
        return ((int)Math.Round(width / 32) * 32, (int)Math.Round(width / ratio / 32) * 32);
    }

    /// <summary>The mean as the reference recorded it: not normalised yet.</summary>
    private static float[] Encode(RgbImage picture, AutoencoderKLQwenImage autoencoder, TensorBackend backend)
    {
        var posterior = new PictureEncoder(autoencoder, backend).Encode(picture, Stop);
        var mean = posterior.Mean.ToArray();
        for (var i = 0; i < mean.Length; i++)
        {
            var channel = i / (posterior.Height * posterior.Width);
            mean[i] = (mean[i] * autoencoder.Config.LatentsStd[channel]) + autoencoder.Config.LatentsMean[channel];
        }
        return mean;
    }

    /// <summary>Zero where the mask is at least one half; no byte is zero, so this goes past the bytes.</summary>
    private static float[] EncodeMasked(GoldenCase golden, RgbImage picture, AutoencoderKLQwenImage autoencoder, TensorBackend backend)
    {
        var mask = Picture(golden, 1);
        using var scope = new TensorScope(backend);
        var pixels = TensorAssert.Read(PixelValues.Load(picture, new(0, 0, picture.Height, picture.Width), 1, scope, backend), backend);
        for (var i = 0; i < pixels.Length; i++)
        {
            if (mask.Pixels.Span[i] / 255f >= 0.5f)
            {
                pixels[i] = 0;
            }
        }
        var moments = autoencoder.Encode(scope.From(pixels, [picture.Height, picture.Width, 3]), scope, Stop);
        return Planes.ToFirst(moments, scope, backend)[..((int)moments.Shape.Count / 2)];
    }
}
