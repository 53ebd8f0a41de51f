using QwenMesh.Checkpoints;
using QwenMesh.Tensors;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae;

/// <summary>
/// Normalised latents to a picture, in numbered steps:
/// <list type="number">
/// <item>denormalise with the checkpoint's statistics, channels last</item>
/// <item>decode: middle, then up one level at a time to full size</item>
/// <item>clamp and round to 8-bit RGB</item>
/// </list>
/// Several pictures may be decoded at the same time.
/// </summary>
internal sealed class LatentDecoder(AutoencoderConfig config, Weights weights, TensorBackend backend) : IDisposable
{
    private readonly LatentStatistics _statistics = new(config, backend);
    private readonly Decoder _decoder = new(config, weights, backend);

    /// <param name="latents">Normalised latents [C, height, width], row-major.</param>
    /// <param name="height">Latent rows.</param>
    /// <param name="width">Latent columns.</param>
    /// <param name="cancellationToken">Checked between blocks; nothing stays allocated.</param>
    /// <returns>The picture, scale-factor times as large.</returns>
    public RgbFrame Decode(ReadOnlySpan<float> latents, int height, int width, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);

        // 1. Denormalise: [C, h, w] to [h, w, C].
        var normalised = scope.From(latents, [config.ZDim, height, width], DType.Float32);
        var z = scope.Empty([height, width, config.ZDim]);
        _statistics.Denormalize(normalised, z);
        scope.Release(normalised);

        // 2. Decode: [h, w, C] to [H, W, 3].
        var pixels = _decoder.Run(z, scope, cancellationToken);

        // 3. Clamp and round, half to even (docs/model.md 6.7).
        var rgb = scope.Empty(pixels.Shape, DType.UInt8);
        backend.ToRgb8(pixels, rgb);
        var frame = new RgbFrame(rgb.Shape[1], rgb.Shape[0], new byte[rgb.Shape.Count]);
        backend.Read(rgb, frame.Pixels);
        return frame;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _statistics.Dispose();
    }
}
