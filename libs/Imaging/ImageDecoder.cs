using QwenMesh.Imaging.Vips;
using static QwenMesh.Imaging.Vips.VipsNative;

namespace QwenMesh.Imaging;

/// <summary>What a file's header says.</summary>
/// <param name="Format">The format.</param>
/// <param name="Width">Stored width, before the EXIF rotation is applied.</param>
/// <param name="Height">Stored height.</param>
public sealed record ImageInfo(ImageFormat Format, int Width, int Height);

/// <summary>
/// Image files from outside to pixels. The file is taken as hostile: its format is told from its first bytes, its size is checked
/// before decoding, and a file with any defect is refused.
/// </summary>
public static unsafe class ImageDecoder
{
    /// <summary>Reads the header only.</summary>
    /// <exception cref="ImageFormatException">The file is not acceptable.</exception>
    public static ImageInfo Probe(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var format = CheckBytes(file, limits);
        using var pinned = file.Pin();
        using var image = Load((byte*)pinned.Pointer, file.Length, format, limits);
        return new ImageInfo(format, vips_image_get_width(image), vips_image_get_height(image));
    }

    /// <summary>
    /// Decodes to RGB as a converter to RGB does: EXIF rotation applied, grey and CMYK and 16-bit converted, alpha dropped,
    /// the first frame of an animation.
    /// </summary>
    /// <exception cref="ImageFormatException">The file is not acceptable.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var format = CheckBytes(file, limits);
        using var pinned = file.Pin();
        using var stored = Load((byte*)pinned.Pointer, file.Length, format, limits);
        try
        {
            using var autorot = new VipsOperation("autorot");
            using var upright = autorot.Set("in", stored).Run().OutImage();
            using var colourspace = new VipsOperation("colourspace");
            using var srgb = colourspace.Set("in", upright).Set("space", "srgb").Run().OutImage();
            using var cast = new VipsOperation("cast");
            using var bytes = cast.Set("in", srgb).Set("format", "uchar").Run().OutImage();
            using var extract = new VipsOperation("extract_band");
            using var rgb = extract.Set("in", bytes).Set("band", "0").Set("n", "3").Run().OutImage();
            return new RgbImage(vips_image_get_width(rgb), vips_image_get_height(rgb), VipsPixels.Read(rgb));
        }
        catch (VipsException defect)
        {
            throw Corrupt(format, defect);
        }
    }

    private static ImageFormat CheckBytes(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        VipsLibrary.EnsureStarted();
        if (file.Length > limits.MaxBytes)
        {
            throw new ImageFormatException(ImageFault.TooLarge, $"the file has {file.Length} bytes, at most {limits.MaxBytes} are accepted");
        }
        return ImageFormats.Sniff(file.Span)
            ?? throw new ImageFormatException(ImageFault.UnknownFormat, "the file is not a PNG, JPEG, WebP or GIF image");
    }

    /// <summary>Opens a file, which reads the header, and checks the size that it gives.</summary>
    private static GObjectHandle Load(byte* file, int count, ImageFormat format, ImageLimits limits)
    {
        GObjectHandle image;
        try
        {
            using var load = new VipsOperation(Loader(format));
            // "memory" keeps large pictures out of temporary files.
            load.SetBorrowed("buffer", file, count).Set("fail_on", "error").Set("memory", "true");
            image = load.Run().OutImage();
        }
        catch (VipsException defect)
        {
            throw Corrupt(format, defect);
        }

        var (width, height) = (vips_image_get_width(image), vips_image_get_height(image));
        if (width > limits.MaxSide || height > limits.MaxSide || (long)width * height > limits.MaxPixels)
        {
            image.Dispose();
            throw new ImageFormatException(
                ImageFault.TooLarge,
                $"the image is {width}x{height}, accepted are {limits.MaxPixels} pixels and {limits.MaxSide} a side");
        }
        return image;
    }

    private static string Loader(ImageFormat format) => format switch
    {
        ImageFormat.Png => "pngload_buffer",
        ImageFormat.Jpeg => "jpegload_buffer",
        ImageFormat.WebP => "webpload_buffer",
        _ => "gifload_buffer",
    };

    private static ImageFormatException Corrupt(ImageFormat format, VipsException defect) =>
        new(ImageFault.Corrupt, $"the {format} file is damaged: {defect.Message}", defect);
}
