namespace QwenMesh.Vae.Tiling;

/// <summary>Decodes a picture tile by tile, row by row, blending each tile with those above and on its left (which are blended already).</summary>
internal static class TiledDecoding
{
    /// <param name="layout">Sizes of tiles.</param>
    /// <param name="latents">[channels, height, width].</param>
    /// <param name="channels">Of the latents.</param>
    /// <param name="height">Latent rows.</param>
    /// <param name="width">Latent columns.</param>
    /// <param name="decode">Latents [channels, rows, columns] of a tile to its pixels.</param>
    /// <returns>[height·f, width·f, 3], not clamped.</returns>
    public static float[] Run(
        TileLayout layout, ReadOnlySpan<float> latents, int channels, int height, int width, Func<float[], int, int, PixelTile> decode)
    {
        var pictureWidth = width * layout.ScaleFactor;
        var picture = new float[checked((long)height * layout.ScaleFactor * pictureWidth * PixelTile.Channels)];
        PixelTile[]? above = null;
        foreach (var (top, rows) in layout.Along(height))
        {
            var row = new List<PixelTile>();
            foreach (var (left, columns) in layout.Along(width))
            {
                var tile = decode(Cut(latents, channels, height, width, top, left, rows, columns), rows, columns);
                if (above is not null)
                {
                    tile.BlendBelow(above[row.Count], layout.Blend);
                }
                if (row.Count > 0)
                {
                    tile.BlendRight(row[^1], layout.Blend);
                }
                tile.CopyTo(
                    picture, pictureWidth, top * layout.ScaleFactor, left * layout.ScaleFactor, layout.StridePixels, layout.StridePixels);
                row.Add(tile);
            }
            above = [.. row];
        }
        return picture;
    }

    private static float[] Cut(ReadOnlySpan<float> latents, int channels, int height, int width, int top, int left, int rows, int columns)
    {
        var cut = new float[channels * rows * columns];
        for (var c = 0; c < channels; c++)
        {
            for (var y = 0; y < rows; y++)
            {
                latents.Slice((((c * height) + top + y) * width) + left, columns).CopyTo(cut.AsSpan(((c * rows) + y) * columns));
            }
        }
        return cut;
    }
}
