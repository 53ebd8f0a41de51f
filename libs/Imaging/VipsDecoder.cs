using NetVips;
using static NetVips.Enums;

namespace QwenMesh.Imaging;

/// <summary>Decodes with libvips, which is strict about damage and reads the header alone first (docs/decisions/0009-pictures.md).</summary>
public sealed class VipsDecoder : IPictureDecoder
{
    /// <inheritdoc/>
    public ImageInfo Probe(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var format = CheckBytes(file.Span, limits);
        using var stored = Open(file.Span, format, limits);
        return new ImageInfo(format, stored.Width, stored.Height);
    }

    /// <inheritdoc/>
    public RgbImage Decode(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var format = CheckBytes(file.Span, limits);
        using var stored = Open(file.Span, format, limits);
        try
        {
            using var upright = stored.Autorot();
            using var srgb = upright.Colourspace(Interpretation.Srgb);
            using var bytes = srgb.Cast(BandFormat.Uchar);
            using var rgb = bytes.ExtractBand(0, n: RgbImage.Channels);
            return new RgbImage(rgb.Width, rgb.Height, rgb.WriteToMemory<byte>());
        }
        catch (VipsException defect)
        {
            throw Corrupt(format, defect);
        }
    }

    private static ImageFormat CheckBytes(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (file.Length > limits.MaxBytes)
        {
            throw new ImageFormatException(ImageFault.TooLarge, $"the file has {file.Length} bytes, at most {limits.MaxBytes} are accepted");
        }
        return ImageFormats.Sniff(file)
            ?? throw new ImageFormatException(ImageFault.UnknownFormat, "the file is not a PNG, JPEG, WebP or GIF image");
    }

    /// <summary>Opens a file, which reads the header, and checks the size that it gives. Pixels are decoded when they are asked for.</summary>
    private static Image Open(ReadOnlySpan<byte> file, ImageFormat format, ImageLimits limits)
    {
        VipsLibrary.EnsureStarted();
        Image image;
        try
        {
            // A copy, which nobody can change while libvips reads it.
            using var source = Source.NewFromMemory(format == ImageFormat.Png ? PngMetadata.Remove(file) : file);
            image = Open(source, format);
        }
        catch (VipsException defect)
        {
            throw Corrupt(format, defect);
        }

        var (width, height) = (image.Width, image.Height);
        if (width > limits.MaxSide || height > limits.MaxSide || (long)width * height > limits.MaxPixels)
        {
            image.Dispose();
            throw new ImageFormatException(
                ImageFault.TooLarge,
                $"the image is {width}x{height}, accepted are {limits.MaxPixels} pixels and {limits.MaxSide} a side");
        }
        return image;
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

    // libvips keeps one error text for the process, so what it says may be about somebody else's file: it is for the log only.
    private static ImageFormatException Corrupt(ImageFormat format, VipsException defect) =>
        new(ImageFault.Corrupt, $"the {format} file is damaged or incomplete", defect);
}
