namespace QwenMesh.Imaging;

/// <summary>A picture in memory: interleaved 8-bit RGB, rows top to bottom without padding, [height, width, 3].</summary>
public sealed record RgbImage
{
    public const int Channels = 3;

    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">width·height·3 bytes; kept, not copied.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public RgbImage(int width, int height, ReadOnlyMemory<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if ((long)width * height * Channels != pixels.Length)
        {
            throw new ArgumentException($"expected {(long)width * height * Channels} bytes for {width}x{height} RGB, found {pixels.Length}", nameof(pixels));
        }
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    public int Width { get; }

    public int Height { get; }

    public ReadOnlyMemory<byte> Pixels { get; }
}
