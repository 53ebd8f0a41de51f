using QwenMesh.Imaging;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;
using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae;

/// <summary>
/// A picture to the posterior of its latents, in numbered steps:
/// <list type="number">
/// <item>8-bit RGB to [−1, 1]</item>
/// <item>encode: one level at a time to the latent grid, then the middle</item>
/// <item>normalise mean and log-variance with the checkpoint's statistics, channels first</item>
/// </list>
/// A picture whose activations do not fit is encoded in tiles that are blended. Several pictures may be encoded at the same time.
/// </summary>
internal sealed class PictureEncoder(AutoencoderKLQwenImage autoencoder, TensorBackend backend, TilingMode tiling = TilingMode.Auto)
{
    private readonly AutoencoderConfig _config = autoencoder.Config;
    private readonly TilingChoice _tiling = new(autoencoder.Config, backend, tiling);

    /// <param name="picture">Sides are multiples of the scale factor.</param>
    /// <param name="cancellationToken">Checked between blocks; nothing stays allocated.</param>
    /// <exception cref="OutOfDeviceMemoryException">Not even a tile fits.</exception>
    /// <exception cref="NotFiniteException">The weights gave NaN.</exception>
    public Posterior Encode(RgbImage picture, CancellationToken cancellationToken)
    {
        var (height, width) = (picture.Height / _config.ScaleFactor, picture.Width / _config.ScaleFactor);
        var moments = _tiling.IsTiled(height, width)
            ? TiledRun.Run(_tiling.Layout, height, width, 2 * _config.ZDim, cell: 1, part => Moments(picture, part, cancellationToken))
            : Moments(picture, new TileCells(0, 0, height, width), cancellationToken).Values;
        FiniteResult.Require(moments, "the latents");

        // 3. Normalise: [h, w, 2C] to [2C, h, w].
        return LatentStatistics.Normalize(moments, _config, height, width);
    }

    private Tile Moments(RgbImage picture, TileCells part, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(backend);
        // 1. Widen: bytes to [H, W, 3] in [−1, 1].
        var pixels = PixelValues.Load(picture, part, _config.ScaleFactor, scope, backend);

        // 2. Encode: [H, W, 3] to [h, w, 2C].
        var moments = autoencoder.Encode(pixels, scope, cancellationToken);
        var tile = new Tile(part.Rows, part.Columns, 2 * _config.ZDim, new float[moments.Shape.Count]);
        backend.Read(moments, tile.Values);
        return tile;
    }
}
