namespace QwenMesh.Imaging;

/// <summary>
/// Image files from outside to pixels. An implementation takes the file as hostile: it tells the format from the first bytes, checks
/// the limits before it decodes a pixel, and refuses a file with any defect. It may be called from many threads at once. What becomes of
/// colours is in docs/pictures.md.
/// </summary>
public interface IPictureDecoder
{
    /// <summary>Reads the header only.</summary>
    /// <param name="file">A whole PNG, JPEG, WebP or GIF file.</param>
    /// <param name="limits">What is accepted.</param>
    /// <exception cref="ImageFormatException">The file is not acceptable.</exception>
    /// <exception cref="PictureLibraryException">The decoder itself is not usable.</exception>
    ImageInfo Probe(ReadOnlyMemory<byte> file, ImageLimits limits);

    /// <summary>
    /// Decodes to 8-bit sRGB: EXIF rotation applied, embedded colour profiles converted, grey, palettes, CMYK and 16-bit converted, alpha
    /// dropped, the first frame of an animation.
    /// </summary>
    /// <param name="file">A whole PNG, JPEG, WebP or GIF file.</param>
    /// <param name="limits">What is accepted.</param>
    /// <returns>The picture, [height, width, 3]; width and height are those after the rotation.</returns>
    /// <exception cref="ImageFormatException">The file is not acceptable.</exception>
    /// <exception cref="PictureLibraryException">The decoder itself is not usable.</exception>
    RgbImage Decode(ReadOnlyMemory<byte> file, ImageLimits limits);

    /// <summary>As <see cref="Decode"/>, with the alpha channel; a picture that has none is opaque.</summary>
    /// <param name="file">A whole PNG, JPEG, WebP or GIF file.</param>
    /// <param name="limits">What is accepted.</param>
    /// <returns>The picture, [height, width, 4], e.g. for a mask that is in its alpha.</returns>
    /// <exception cref="ImageFormatException">The file is not acceptable.</exception>
    /// <exception cref="PictureLibraryException">The decoder itself is not usable.</exception>
    RgbaImage DecodeWithAlpha(ReadOnlyMemory<byte> file, ImageLimits limits);
}
