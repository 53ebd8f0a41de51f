using System.Collections.Concurrent;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Imaging;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using QwenMesh.Vae;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Denoiser.Tests.Golden;

/// <summary>
/// The pictures of a case as the Vae gives them to this stage. Only means were recorded, and those of edits in part, so the Vae encodes the case's files;
/// its own golden tests compare it with what was recorded.
/// </summary>
internal sealed class EncodedPictures(GoldenCase golden, TransformerConfig config)
{
    private const double ReferenceArea = 1024 * 1024;

    // Tests of a case share its encodings: a reference picture takes seconds.
    private static readonly ConcurrentDictionary<string, Lazy<(Posterior, LatentGrid)>> Encodings = new(StringComparer.Ordinal);

    private readonly bool _isEdit = golden.Pipeline.Contains("Edit", StringComparison.Ordinal);

    /// <summary>The case as a request, with its pictures.</summary>
    public DenoiseJob Job(ControlNetwork? control)
    {
        var job = golden.Job(config);
        return golden.Pipeline switch
        {
            "QwenImageEditPlusPipeline" => job with { References = [.. golden.Images.Select(Reference)] },
            "QwenImageImg2ImgPipeline" => job with { Initial = Initial() },
            "QwenImageInpaintPipeline" => job with { Initial = Initial() with { Mask = Mask(job.Grid) } },
            "QwenImageControlNetPipeline" => job with { Controls = [new(control!, Encode(golden.Images[0]).Latents, Number("controlnet_conditioning_scale"))] },
            var other => throw new InvalidOperationException(other),
        };
    }

    private ReferencePicture Reference(string file)
    {
        var (latents, grid) = Encode(file);
        return new(grid, latents.Mean);
    }

    private InitialPicture Initial() => new(Encode(golden.Images[0]).Latents, golden.Inputs.GetProperty("strength").GetDouble());

    private float Number(string key) => golden.Inputs.GetProperty(key).GetSingle();

    private (Posterior Latents, LatentGrid Grid) Encode(string file) => Encodings.GetOrAdd(file, _ => new(() => Compute(file))).Value;

    private (Posterior Latents, LatentGrid Grid) Compute(string file)
    {
        var read = Read(file);
        var (width, height) = (golden.Width, golden.Height);
        if (_isEdit)
        {
            var (exact, ratio) = (Math.Sqrt(ReferenceArea * read.Width / read.Height), (double)read.Width / read.Height);
            (width, height) = ((int)Math.Round(exact / 32) * 32, (int)Math.Round(exact / ratio / 32) * 32);
        }
        using var backend = TensorEngines.Open(new EngineOptions { Device = "cpu", Threads = 2 });
        using var checkpoint = Checkpoint.Open(golden.ModelFolder);
        using var autoencoder = new AutoencoderKLQwenImage(AutoencoderConfig.Parse(checkpoint.ReadConfig("vae")), checkpoint.OpenWeights("vae"), backend);
        var encoded = new PictureEncoder(autoencoder, backend).Encode(ImageResizer.Resize(read, width, height), TestContext.Current.CancellationToken);
        return (new(encoded.Mean.ToArray(), encoded.LogVariance.ToArray()), new(encoded.Channels, encoded.Height, encoded.Width, config.PatchSize));
    }

    // A cell takes its first pixel; white is drawn anew.
    private byte[] Mask(LatentGrid grid)
    {
        var pixels = ImageResizer.Resize(Read(golden.Images[1]), golden.Width, golden.Height);
        var (mask, scale) = (new byte[grid.Height * grid.Width], golden.Width / grid.Width);
        for (var cell = 0; cell < mask.Length; cell++)
        {
            var pixel = (cell / grid.Width * scale * pixels.Width) + (cell % grid.Width * scale);
            mask[cell] = pixels.Pixels.Span[3 * pixel] >= 128 ? (byte)1 : (byte)0;
        }
        return mask;
    }

    private static RgbImage Read(string file) => new VipsDecoder().Decode(File.ReadAllBytes(file), new ImageLimits());
}
