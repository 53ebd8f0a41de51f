using System.Runtime.InteropServices;
using QwenMesh.Imaging;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;
using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae;

/// <summary>
/// Normalised latents to a picture, in numbered steps:
/// <list type="number">
/// <item>denormalise with the checkpoint's statistics, channels last</item>
/// <item>decode: middle, then up one level at a time to full size</item>
/// <item>clamp and round to 8-bit RGB</item>
/// </list>
/// A picture whose activations do not fit is decoded in tiles that are blended. Several pictures may be decoded at the same time.
/// </summary>
internal sealed class LatentDecoder(AutoencoderKLQwenImage autoencoder, TensorBackend backend, TilingMode tiling = TilingMode.Auto) : IDisposable
{
    private readonly AutoencoderConfig _config = autoencoder.Config;
    private readonly LatentStatistics _statistics = new(autoencoder.Config, backend);
    private readonly TilingChoice _tiling = new(autoencoder.Config, backend, tiling);

    /// <param name="latents">Normalised latents.</param>
    /// <param name="cancellationToken">Checked between blocks; nothing stays allocated.</param>
    /// <returns>The picture, scale-factor times as large.</returns>
    /// <exception cref="OutOfDeviceMemoryException">Not even a tile fits.</exception>
    /// <exception cref="NotFiniteException">The weights gave NaN, or the latents are too large for the model.</exception>
    public RgbImage Decode(Latents latents, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);
        var pixels = Pixels(latents, scope, cancellationToken);

        // 3. Clamp and round, half to even (docs/model.md 6.7).
        var rgb = scope.Empty(pixels.Shape, DType.UInt8);
        backend.ToRgb8(pixels, rgb);
        var bytes = new byte[rgb.Shape.Count];
        backend.Read(rgb, bytes);
        return new RgbImage(rgb.Shape[1], rgb.Shape[0], bytes);
    }

    /// <summary>The same without step 3: FLOAT32 [H, W, 3] as its bytes, nominally in [−1, 1] but not clamped.</summary>
    public byte[] DecodeValues(Latents latents, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);
        var pixels = Pixels(latents, scope, cancellationToken);
        var bytes = new byte[checked(pixels.Shape.Count * sizeof(float))];
        backend.Read(pixels, MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        return bytes;
    }

    public void Dispose() => _statistics.Dispose();

    /// <summary>Steps 1 and 2: [C, h, w] to [H, W, 3], nominally in [−1, 1], finite.</summary>
    private Tensor Pixels(Latents latents, TensorScope scope, CancellationToken cancellationToken)
    {
        var (height, width) = (latents.Height, latents.Width);
        var pixels = _tiling.IsTiled(height, width)
            ? scope.From(
                TiledRun.Run(_tiling.Layout, height, width, RgbImage.Channels, _config.ScaleFactor, part => Tile(latents, part, cancellationToken)),
                [height * _config.ScaleFactor, width * _config.ScaleFactor, RgbImage.Channels], DType.Float32)
            : Decode(latents.Values, height, width, scope, cancellationToken);
        FiniteResult.Require(backend, pixels, "the picture");
        return pixels;
    }

    private Tensor Decode(ReadOnlySpan<float> latents, int height, int width, TensorScope scope, CancellationToken cancellationToken)
    {
        // 1. Denormalise: [C, h, w] to [h, w, C].
        var normalised = scope.From(latents, [_config.ZDim, height, width], DType.Float32);
        var z = scope.Empty([height, width, _config.ZDim]);
        _statistics.Denormalize(normalised, z);
        scope.Release(normalised);

        // 2. Decode: [h, w, C] to [H, W, 3].
        return autoencoder.Decode(z, scope, cancellationToken);
    }

    private Tile Tile(Latents latents, TileCells part, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);
        var pixels = Decode(latents.Cut(part), part.Rows, part.Columns, scope, cancellationToken);
        var tile = new Tile(pixels.Shape[0], pixels.Shape[1], RgbImage.Channels, new float[pixels.Shape.Count]);
        backend.Read(pixels, tile.Values);
        return tile;
    }
}
