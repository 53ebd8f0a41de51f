namespace QwenMesh.Vae.Tiling;

/// <summary>Decoded pixels of one tile on the host, [height, width, 3], not clamped.</summary>
internal sealed record PixelTile(int Height, int Width, float[] Pixels)
{
    public const int Channels = 3;

    /// <summary>Fades from the last rows of the tile above into the first rows of this one, in place.</summary>
    public void BlendBelow(PixelTile above, int extent)
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
    public void BlendRight(PixelTile left, int extent)
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

    /// <summary>Copies the part that is this tile's own, its first rows and columns, into the picture.</summary>
    public void CopyTo(float[] picture, int pictureWidth, int top, int left, int rows, int columns)
    {
        for (var y = 0; y < Math.Min(rows, Height); y++)
        {
            Row(y)[..(Math.Min(columns, Width) * Channels)].CopyTo(picture.AsSpan((((top + y) * pictureWidth) + left) * Channels));
        }
    }

    private Span<float> Row(int y) => Pixels.AsSpan(y * Width * Channels, Width * Channels);
}
