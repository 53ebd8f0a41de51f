using System.Text.Json.Nodes;
using QwenMesh.Checkpoints;
using QwenMesh.Imaging;
using QwenMesh.Vae;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Gpu.Bench.Parts;

/// <summary>Latents to pixels and pixels to latents, from host memory to host memory.</summary>
internal static class VaePart
{
    public static JsonObject Run(BenchOptions options)
    {
        var sizes = options.Tiny ? ModelSizes.Tiny : ModelSizes.Released;
        var config = sizes.Autoencoder;
        using var backend = options.OpenEngine();
        using var autoencoder = new AutoencoderKLQwenImage(config, Weights.From(new RandomWeights()), backend);
        using var decoder = new LatentDecoder(autoencoder, backend);
        var encoder = new PictureEncoder(autoencoder, backend);
        using var clock = new DeviceClock(backend);
        var cells = sizes.Sides[^1] / config.ScaleFactor;
        var side = cells * config.ScaleFactor;
        var latents = new Latents(RandomActivations.Values((long)config.ZDim * cells * cells), cells, cells);
        var pixels = new byte[side * side * RgbImage.Channels];
        new Random(1).NextBytes(pixels);
        var picture = new RgbImage(side, side, pixels);
        var decode = clock.PerCall(() => decoder.Decode(latents, CancellationToken.None), roundMilliseconds: 1);
        var encode = clock.PerCall(() => encoder.Encode(picture, CancellationToken.None), roundMilliseconds: 1);
        return new JsonObject
        {
            ["side"] = side,
            ["decode_ms"] = decode,
            ["encode_ms"] = encode,
            ["peak_bytes"] = backend.Memory.Peak,
        };
    }
}
