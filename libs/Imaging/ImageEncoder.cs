using System.Globalization;
using QwenMesh.Imaging.Vips;

namespace QwenMesh.Imaging;

/// <summary>Pixels to image files. The same pixels and settings give the same bytes.</summary>
public static unsafe class ImageEncoder
{
    public const int DefaultQuality = 90;

    // Measured at 1024x1024: level 6 costs 2 to 6 times as much as 3 for 10 to 20 per cent of size, and of the filters "average"
    // is the fastest or nearly so, on flat pictures and on noisy ones, and among the smallest.
    private const string PngCompression = "3";
    private const string PngFilter = "avg";

    /// <param name="image">The picture.</param>
    /// <param name="format">PNG, JPEG or WebP.</param>
    /// <param name="quality">1 to 100, for JPEG and lossy WebP; JPEG keeps full colour resolution from 90 on.</param>
    /// <param name="lossless">WebP without loss; PNG always is, JPEG never.</param>
    /// <returns>A complete file.</returns>
    /// <exception cref="ArgumentException">The format is not written, the quality is out of range, or JPEG is asked to be lossless.</exception>
    /// <exception cref="VipsException">libvips is missing or failed.</exception>
    public static byte[] Encode(RgbImage image, ImageFormat format, int quality = DefaultQuality, bool lossless = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        if (lossless && format == ImageFormat.Jpeg)
        {
            throw new ArgumentException("JPEG is never lossless", nameof(lossless));
        }

        VipsLibrary.EnsureStarted();
        using var pinned = image.Pixels.Pin();
        using var pixels = VipsPixels.Borrow((byte*)pinned.Pointer, image.Width, image.Height);
        using var save = new VipsOperation(Saver(format));
        save.Set("in", pixels).Set("strip", "true");
        switch (format)
        {
            case ImageFormat.Png:
                save.Set("compression", PngCompression).Set("filter", PngFilter);
                break;
            case ImageFormat.Jpeg:
                // Without optimised Huffman tables: they take as long again as all the rest (18 against 9 ms at 1024x1024).
                save.Set("Q", Text(quality));
                break;
            default:
                save.Set("Q", Text(quality)).Set("lossless", lossless ? "true" : "false");
                break;
        }
        return save.Run().OutBytes();
    }

    private static string Saver(ImageFormat format) => format switch
    {
        ImageFormat.Png => "pngsave_buffer",
        ImageFormat.Jpeg => "jpegsave_buffer",
        ImageFormat.WebP => "webpsave_buffer",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "written are PNG, JPEG and WebP"),
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
