using QwenMesh.Checkpoints;
using QwenMesh.Tensors;
using QwenMesh.StageHost;
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
internal sealed class LatentDecoder(AutoencoderConfig config, Weights weights, TensorBackend backend, TilingMode tiling = TilingMode.Auto) : IDisposable
{
    // The finest level keeps three tensors of base_dim channels alive.
    private const int LiveTensorsAPixel = 3;

    private readonly LatentStatistics _statistics = new(config, backend);
    private readonly Decoder _decoder = new(config, weights, backend);
    private readonly TileLayout _tiles = TileLayout.For(config);

    /// <param name="latents">Normalised latents [C, height, width], row-major.</param>
    /// <param name="height">Latent rows.</param>
    /// <param name="width">Latent columns.</param>
    /// <param name="cancellationToken">Checked between blocks; nothing stays allocated.</param>
    /// <returns>The picture, scale-factor times as large.</returns>
    /// <exception cref="OutOfDeviceMemoryException">Not even a tile fits.</exception>
    /// <exception cref="NotFiniteException">The weights gave NaN, or the latents are too large for the model.</exception>
    public RgbFrame Decode(ReadOnlySpan<float> latents, int height, int width, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);
        var pixels = DecodePixels(latents, height, width, scope, cancellationToken);

        // 3. Clamp and round, half to even (docs/model.md 6.7).
        var rgb = scope.Empty(pixels.Shape, DType.UInt8);
        backend.ToRgb8(pixels, rgb);
        var frame = new RgbFrame(rgb.Shape[1], rgb.Shape[0], new byte[rgb.Shape.Count]);
        backend.Read(rgb, frame.Pixels);
        return frame;
    }

    /// <summary>The same without step 3: [H, W, 3] RGB, nominally in [−1, 1].</summary>
    public float[] DecodeFloats(ReadOnlySpan<float> latents, int height, int width, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);
        var pixels = DecodePixels(latents, height, width, scope, cancellationToken);
        var values = new float[pixels.Shape.Count];
        backend.Read(pixels, values);
        return values;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _statistics.Dispose();
    }

    private Tensor DecodePixels(ReadOnlySpan<float> latents, int height, int width, TensorScope scope, CancellationToken cancellationToken)
    {
        var pixels = IsTiled(height, width)
            ? scope.From(
                TiledDecoding.Run(_tiles, latents, config.ZDim, height, width, (tile, rows, columns) => Tile(tile, rows, columns, cancellationToken)),
                [height * config.ScaleFactor, width * config.ScaleFactor, RgbFrame.Channels], DType.Float32)
            : Decode(latents, height, width, scope, cancellationToken);
        FiniteResult.Require(backend, pixels, "the picture");
        return pixels;
    }

    /// <summary>Steps 1 and 2: [C, h, w] to [H, W, 3], nominally in [−1, 1].</summary>
    private Tensor Decode(ReadOnlySpan<float> latents, int height, int width, TensorScope scope, CancellationToken cancellationToken)
    {
        // 1. Denormalise: [C, h, w] to [h, w, C].
        var normalised = scope.From(latents, [config.ZDim, height, width], DType.Float32);
        var z = scope.Empty([height, width, config.ZDim]);
        _statistics.Denormalize(normalised, z);
        scope.Release(normalised);

        // 2. Decode: [h, w, C] to [H, W, 3].
        return _decoder.Run(z, scope, cancellationToken);
    }

    private PixelTile Tile(float[] latents, int height, int width, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);
        var pixels = Decode(latents, height, width, scope, cancellationToken);
        var tile = new PixelTile(pixels.Shape[0], pixels.Shape[1], new float[pixels.Shape.Count]);
        backend.Read(pixels, tile.Pixels);
        return tile;
    }

    private bool IsTiled(int height, int width) => _tiles.Splits(height, width) && tiling switch
    {
        TilingMode.Always => true,
        TilingMode.Auto => backend.Memory is { Limit: { } limit, InUse: var used } && limit - used < ActivationBytes(height, width),
        _ => false,
    };

    private long ActivationBytes(int height, int width)
    {
        var pixels = (long)height * width * config.ScaleFactor * config.ScaleFactor;
        return pixels * config.BaseDim * LiveTensorsAPixel * backend.ComputeType.Size();
    }
}
