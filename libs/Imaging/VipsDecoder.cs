using NetVips;
using static NetVips.Enums;

namespace QwenMesh.Imaging;

/// <summary>Decodes with libvips, which is strict about damage and reads the header alone first (docs/decisions/0009-pictures.md).</summary>
public sealed class VipsDecoder : IPictureDecoder
{
    // EXIF orientations from here on show the picture lying on its side.
    private const int FirstSideways = 5;
    private const string OrientationField = "orientation";

    /// <inheritdoc/>
    public ImageInfo Probe(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var format = CheckFile(file.Span, limits);
        using var stored = Open(file.Span, format, limits);
        var (width, height) = IsSideways(stored) ? (stored.Height, stored.Width) : (stored.Width, stored.Height);
        return new ImageInfo(format, width, height, stored.HasAlpha());
    }

    /// <inheritdoc/>
    public RgbImage Decode(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var format = CheckFile(file.Span, limits);
        using var stored = Open(file.Span, format, limits);
        return Guard(format, () =>
        {
            using var upright = stored.Autorot();
            using var colours = VipsColours.ToSrgb(upright);
            using var rgb = colours.Bands == RgbImage.Channels ? colours.Copy() : colours.ExtractBand(0, n: RgbImage.Channels);
            return new RgbImage(rgb.Width, rgb.Height, rgb.WriteToMemory<byte>());
        });
    }

    /// <inheritdoc/>
    public RgbaImage DecodeWithAlpha(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var format = CheckFile(file.Span, limits);
        using var stored = Open(file.Span, format, limits);
        return Guard(format, () =>
        {
            using var upright = stored.Autorot();
            using var colours = VipsColours.ToSrgb(upright);
            using var rgba = colours.Bands == RgbaImage.Channels ? colours.Copy() : colours.Bandjoin(byte.MaxValue);
            return new RgbaImage(rgba.Width, rgba.Height, rgba.WriteToMemory<byte>());
        });
    }

    private static ImageFormat CheckFile(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        limits.CheckBytes(file.Length);
        if (ImageFormats.Sniff(file) is { } format)
        {
            return format;
        }
        const string Accepted = "PNG, JPEG, WebP and GIF are accepted";
        throw OtherFormats.Name(file) is { } other
            ? new ImageFormatException(ImageFault.UnsupportedFormat, $"the file is {other}; {Accepted}")
            : new ImageFormatException(ImageFault.UnknownFormat, $"the file is not an image; {Accepted}");
    }

    /// <summary>Opens a file, which reads the header, and checks the size that it gives. Pixels are decoded when they are asked for.</summary>
    private static Image Open(ReadOnlySpan<byte> file, ImageFormat format, ImageLimits limits)
    {
        if (format == ImageFormat.WebP)
        {
            var size = WebPHeader.ReadSize(file) ?? throw Corrupt(format, null);
            limits.CheckSides(size.Width, size.Height);
        }
        VipsLibrary.EnsureStarted();
        Image image;
        try
        {
            // A copy, which nobody can change while libvips reads it.
            using var source = Source.NewFromMemory(format switch
            {
                ImageFormat.Png => PngMetadata.Remove(file),
                ImageFormat.Gif => GifFrames.KeepFirst(file) ?? throw Corrupt(format, null),
                ImageFormat.WebP => WebPFrames.KeepFirst(file) ?? throw Corrupt(format, null),
                _ => file,
            });
            image = Open(source, format);
        }
        catch (VipsException defect)
        {
            throw Corrupt(format, defect);
        }
        try
        {
            limits.CheckSides(image.Width, image.Height);
            if (format == ImageFormat.Png && PngProfile.Read(file) is { } profile)
            {
                return VipsColours.WithProfile(image, profile);
            }
            return image;
        }
        catch (ImageFormatException)
        {
            image.Dispose();
            throw;
        }
    }

    // "memory" keeps large pictures out of temporary files.
    private static Image Open(Source source, ImageFormat format) => format switch
    {
        ImageFormat.Png => Image.PngloadSource(source, memory: true, failOn: FailOn.Error),
        ImageFormat.Jpeg => Image.JpegloadSource(source, memory: true, failOn: FailOn.Error),
        ImageFormat.WebP => Image.WebploadSource(source, memory: true, failOn: FailOn.Error),
        ImageFormat.Gif => Image.GifloadSource(source, memory: true, failOn: FailOn.Error),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "unknown image format"),
    };

    private static bool IsSideways(Image image) =>
        image.Contains(OrientationField) && image.Get(OrientationField) is int orientation && orientation is >= FirstSideways and <= 8;

    private static T Guard<T>(ImageFormat format, Func<T> decode)
    {
        try
        {
            return decode();
        }
        catch (VipsException defect)
        {
            throw Corrupt(format, defect);
        }
    }

    // libvips keeps one error text for the process, so what it says may be about somebody else's file: it is for the log only.
    private static ImageFormatException Corrupt(ImageFormat format, VipsException? defect) =>
        new(ImageFault.Corrupt, $"the {format} file is damaged or incomplete", defect);
}
