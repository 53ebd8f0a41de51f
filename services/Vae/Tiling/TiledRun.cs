namespace QwenMesh.Vae.Tiling;

/// <summary>Where a tile lies in the latent grid.</summary>
internal readonly record struct TileCells(int Top, int Left, int Rows, int Columns);

/// <summary>Decodes or encodes tile by tile, row by row, blending each result with those above and on its left (which are blended already).</summary>
internal static class TiledRun
{
    /// <param name="layout">Sizes of tiles.</param>
    /// <param name="height">Rows of the whole latent grid.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="channels">Of the result.</param>
    /// <param name="cell">Side of a latent cell in the result: the scale factor when decoding, 1 when encoding.</param>
    /// <param name="run">The result of some cells, [rows·cell, columns·cell, channels].</param>
    /// <returns>[height·cell, width·cell, channels].</returns>
    public static float[] Run(TileLayout layout, int height, int width, int channels, int cell, Func<TileCells, Tile> run)
    {
        var wholeWidth = width * cell;
        var whole = new float[checked((long)height * cell * wholeWidth * channels)];
        Tile[]? above = null;
        foreach (var (top, rows) in layout.Along(height))
        {
            var row = new List<Tile>();
            foreach (var (left, columns) in layout.Along(width))
            {
                var tile = run(new TileCells(top, left, rows, columns));
                if (above is not null)
                {
                    tile.BlendBelow(above[row.Count], layout.Blend * cell);
                }
                if (row.Count > 0)
                {
                    tile.BlendRight(row[^1], layout.Blend * cell);
                }
                tile.CopyTo(whole, wholeWidth, top * cell, left * cell, layout.Stride * cell, layout.Stride * cell);
                row.Add(tile);
            }
            above = [.. row];
        }
        return whole;
    }
}
