namespace QwenMesh.Imaging;

/// <summary>One channel in memory, e.g. a mask: bytes, rows top to bottom without padding, [height, width].</summary>
public sealed record GreyImage
{
    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">width·height bytes; kept, not copied.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public GreyImage(int width, int height, ReadOnlyMemory<byte> pixels)
    {
        PixelLayout.Check(width, height, 1, pixels.Length);
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels per row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>255 minus every pixel: what an alpha channel keeps becomes what a mask repaints, and the reverse.</summary>
    public GreyImage Invert()
    {
        var inverted = Pixels.ToArray();
        for (var i = 0; i < inverted.Length; i++)
        {
            inverted[i] = (byte)(255 - inverted[i]);
        }
        return new GreyImage(Width, Height, inverted);
    }
}
