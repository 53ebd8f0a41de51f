namespace QwenMesh.Imaging;

/// <summary>A picture in memory: interleaved 8-bit RGB, rows top to bottom without padding, [height, width, 3].</summary>
public sealed record RgbImage
{
    /// <summary>Bytes of a pixel.</summary>
    public const int Channels = 3;

    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">width·height·3 bytes; kept, not copied.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public RgbImage(int width, int height, ReadOnlyMemory<byte> pixels)
    {
        PixelLayout.Check(width, height, Channels, pixels.Length);
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels per row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>Lightness, [height, width], with Pillow's weights (ITU-R 601-2).</summary>
    public GreyImage ToGrey()
    {
        var grey = new byte[Width * Height];
        var rgb = Pixels.Span;
        for (var i = 0; i < grey.Length; i++)
        {
            var at = i * Channels;
            grey[i] = (byte)(((19595 * rgb[at]) + (38470 * rgb[at + 1]) + (7471 * rgb[at + 2]) + 32768) >> 16);
        }
        return new GreyImage(Width, Height, grey);
    }
}
