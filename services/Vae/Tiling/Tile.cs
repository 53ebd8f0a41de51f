namespace QwenMesh.Vae.Tiling;

/// <summary>Result of one tile on the host, [height, width, channels]: pixels when decoding, moments when encoding.</summary>
internal sealed record Tile(int Height, int Width, int Channels, float[] Values)
{
    /// <summary>Fades from the last rows of the tile above into the first rows of this one, in place.</summary>
    public void BlendBelow(Tile above, int extent)
    {
        var rows = Math.Min(Math.Min(above.Height, Height), extent);
        for (var y = 0; y < rows; y++)
        {
            var share = (float)y / rows;
            var from = above.Row(above.Height - rows + y);
            var to = Row(y);
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = (from[i] * (1 - share)) + (to[i] * share);
            }
        }
    }

    /// <summary>Fades from the last columns of the tile on the left into the first columns of this one, in place.</summary>
    public void BlendRight(Tile left, int extent)
    {
        var columns = Math.Min(Math.Min(left.Width, Width), extent);
        for (var y = 0; y < Height; y++)
        {
            var from = left.Row(y)[((left.Width - columns) * Channels)..];
            var to = Row(y);
            for (var x = 0; x < columns; x++)
            {
                var share = (float)x / columns;
                for (var c = 0; c < Channels; c++)
                {
                    var i = (x * Channels) + c;
                    to[i] = (from[i] * (1 - share)) + (to[i] * share);
                }
            }
        }
    }

    /// <summary>Copies the part that is this tile's own, its first rows and columns, into the whole.</summary>
    public void CopyTo(float[] whole, int wholeWidth, int top, int left, int rows, int columns)
    {
        for (var y = 0; y < Math.Min(rows, Height); y++)
        {
            Row(y)[..(Math.Min(columns, Width) * Channels)].CopyTo(whole.AsSpan((((top + y) * wholeWidth) + left) * Channels));
        }
    }

    private Span<float> Row(int y) => Values.AsSpan(y * Width * Channels, Width * Channels);
}
