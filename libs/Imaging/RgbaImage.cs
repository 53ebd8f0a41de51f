namespace QwenMesh.Imaging;

/// <summary>
/// A picture with its alpha: interleaved 8-bit RGB and alpha (0 transparent, 255 opaque), not multiplied with each other, [height, width, 4].
/// </summary>
public sealed record RgbaImage
{
    /// <summary>Bytes of a pixel.</summary>
    public const int Channels = 4;

    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">width·height·4 bytes; kept, not copied.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public RgbaImage(int width, int height, ReadOnlyMemory<byte> pixels)
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

    /// <summary>The alpha channel, [height, width].</summary>
    public GreyImage Alpha()
    {
        var alpha = new byte[Width * Height];
        for (var i = 0; i < alpha.Length; i++)
        {
            alpha[i] = Pixels.Span[(i * Channels) + 3];
        }
        return new GreyImage(Width, Height, alpha);
    }

    /// <summary>The colours as they are stored, under alpha 0 too: what Pillow's <c>convert("RGB")</c> gives, and the models saw.</summary>
    public RgbImage DropAlpha()
    {
        var rgb = new byte[Width * Height * RgbImage.Channels];
        var rgba = Pixels.Span;
        for (int from = 0, to = 0; to < rgb.Length; from += Channels, to += RgbImage.Channels)
        {
            rgba.Slice(from, RgbImage.Channels).CopyTo(rgb.AsSpan(to));
        }
        return new RgbImage(Width, Height, rgb);
    }
}
