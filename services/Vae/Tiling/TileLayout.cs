using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Tiling;

/// <summary>
/// Tiles of 256 pixels that begin every 192, so that neighbours share 64: the reference's sizes (diffusers AutoencoderKLQwenImage.tiled_decode,
/// tiled_encode, docs/model.md 6.8). In latent cells.
/// </summary>
internal sealed record TileLayout(int Tile, int Stride)
{
    private const int TilePixels = 256;
    private const int StridePixels = 192;

    public static TileLayout For(AutoencoderConfig config) => new(
        Math.Max(1, TilePixels / config.ScaleFactor), Math.Max(1, StridePixels / config.ScaleFactor));

    /// <summary>Cells over which neighbours are blended.</summary>
    public int Blend => Tile - Stride;

    /// <summary>Whether a picture is larger than one tile.</summary>
    public bool Splits(int height, int width) => height > Tile || width > Tile;

    /// <summary>Where tiles begin along an axis of this size, and how far each reaches. The last ones may be thin.</summary>
    public IEnumerable<(int Start, int Count)> Along(int size)
    {
        for (var start = 0; start < size; start += Stride)
        {
            yield return (start, Math.Min(Tile, size - start));
        }
    }
}
