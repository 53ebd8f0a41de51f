namespace QwenMesh.Imaging;

/// <summary>Image file formats. All four are read; <see cref="Gif"/> is not written.</summary>
public enum ImageFormat
{
    Png,
    Jpeg,
    WebP,
    Gif,
}

public static class ImageFormats
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    /// <summary>The registered media type, e.g. "image/png".</summary>
    public static string MediaType(this ImageFormat format) => format switch
    {
        ImageFormat.Png => "image/png",
        ImageFormat.Jpeg => "image/jpeg",
        ImageFormat.WebP => "image/webp",
        ImageFormat.Gif => "image/gif",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "unknown image format"),
    };

    /// <summary>Tells the format from the first bytes of a file; null when it is none of the four.</summary>
    public static ImageFormat? Sniff(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(PngSignature))
        {
            return ImageFormat.Png;
        }
        if (file.StartsWith(JpegSignature))
        {
            return ImageFormat.Jpeg;
        }
        if (file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8))
        {
            return ImageFormat.WebP;
        }
        return file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8) ? ImageFormat.Gif : null;
    }
}
