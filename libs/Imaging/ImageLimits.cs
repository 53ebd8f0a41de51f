namespace QwenMesh.Imaging;

/// <summary>What <see cref="IPictureDecoder"/> accepts. Checked against the file's header before any pixel is decoded.</summary>
public sealed record ImageLimits
{
    /// <summary>Bytes of the file; default 32 MiB.</summary>
    public int MaxBytes { get; init; } = 32 << 20;

    /// <summary>Width times height; default 64 million.</summary>
    public long MaxPixels { get; init; } = 64_000_000;

    /// <summary>Pixels of the shorter side; default 16, one token of the released models.</summary>
    public int MinSide { get; init; } = 16;

    /// <summary>Pixels of the longer side; default 16,384.</summary>
    public int MaxSide { get; init; } = 16_384;

    /// <summary>The longer side by the shorter; default 50.</summary>
    public double MaxAspectRatio { get; init; } = 50;

    /// <summary>Refuses a file by its length.</summary>
    /// <exception cref="ImageFormatException">It has too many bytes.</exception>
    public void CheckBytes(long bytes)
    {
        if (bytes > MaxBytes)
        {
            throw new ImageFormatException(ImageFault.TooLarge, $"the file has {bytes} bytes, at most {MaxBytes} are accepted");
        }
    }

    /// <summary>Refuses a picture by its sides.</summary>
    /// <exception cref="ImageFormatException">It is too large, too small or too elongated.</exception>
    public void CheckSides(int width, int height)
    {
        var (shorter, longer) = (Math.Min(width, height), Math.Max(width, height));
        if (longer > MaxSide || (long)width * height > MaxPixels)
        {
            throw new ImageFormatException(
                ImageFault.TooLarge, $"the image is {width}x{height}, accepted are {MaxPixels} pixels and {MaxSide} a side");
        }
        if (shorter < MinSide)
        {
            throw new ImageFormatException(ImageFault.TooSmall, $"the image is {width}x{height}, a side needs at least {MinSide} pixels");
        }
        if (longer > MaxAspectRatio * shorter)
        {
            throw new ImageFormatException(
                ImageFault.TooElongated,
                FormattableString.Invariant($"the image is {width}x{height}, one side may be at most {MaxAspectRatio} times the other"));
        }
    }
}
