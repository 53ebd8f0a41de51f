using NetVips;
using static NetVips.Enums;

namespace QwenMesh.Imaging;

/// <summary>
/// Writes with libvips, whose codecs give the same bytes on every processor (docs/decisions/0009-pictures.md; bench/Pictures.Bench has
/// what each format costs).
/// </summary>
public sealed class VipsEncoder : IPictureEncoder
{
    private const int MaxJpegSide = 65_500;
    private const int MaxWebPSide = 16_383;

    // Measured at 1024x1024: level 6 costs up to a sixth more than 3 for at most 2 per cent of size; "average" makes the smallest files of the
    // quick filters on noisy pictures, and the adaptive choice none smaller in 1.8 times the time.
    private const int PngCompression = 3;
    private const ForeignPngFilter PngFilter = ForeignPngFilter.Avg;

    // For lossless WebP quality is how long the encoder searches: 90 takes 2.4 times as long as 20 for a third of a per cent of size.
    private const int LosslessSearch = 20;

    /// <inheritdoc/>
    public byte[] Encode(RgbImage image, ImageFormat format, int quality = IPictureEncoder.DefaultQuality, bool lossless = false)
    {
        Check(image, format, quality, lossless);
        VipsLibrary.EnsureStarted();
        try
        {
            using var pixels = Image.NewFromMemory(image.Pixels, image.Width, image.Height, RgbImage.Channels, BandFormat.Uchar);
            using var srgb = pixels.Copy(interpretation: Interpretation.Srgb);
            return format switch
            {
                ImageFormat.Png => srgb.PngsaveBuffer(PngCompression, filter: PngFilter, keep: ForeignKeep.None),
                // Without optimised Huffman tables: they take as long again as all the rest (23 against 8 ms at 1024x1024).
                ImageFormat.Jpeg => srgb.JpegsaveBuffer(quality, keep: ForeignKeep.None),
                _ => srgb.WebpsaveBuffer(lossless ? LosslessSearch : quality, lossless, keep: ForeignKeep.None),
            };
        }
        catch (VipsException failed)
        {
            throw new PictureLibraryException($"libvips could not write a {image.Width}x{image.Height} {format} file", failed);
        }
    }

    private static void Check(RgbImage image, ImageFormat format, int quality, bool lossless)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        if (lossless && format == ImageFormat.Jpeg)
        {
            throw new ArgumentException("JPEG is never lossless", nameof(lossless));
        }
        var maxSide = format switch
        {
            ImageFormat.Png => int.MaxValue,
            ImageFormat.Jpeg => MaxJpegSide,
            ImageFormat.WebP => MaxWebPSide,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "written are PNG, JPEG and WebP"),
        };
        if (image.Width > maxSide || image.Height > maxSide)
        {
            throw new ArgumentException($"{format} ends at {maxSide} pixels a side, the picture is {image.Width}x{image.Height}", nameof(image));
        }
    }
}
