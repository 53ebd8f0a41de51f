namespace QwenMesh.Imaging;

/// <summary>
/// Our own pixels to image files without metadata. The same pixels and settings give the same bytes, whatever the processor. It may
/// be called from many threads at once.
/// </summary>
public interface IPictureEncoder
{
    /// <summary>The quality where nobody asks for another.</summary>
    public const int DefaultQuality = 90;

    /// <param name="image">The picture, [height, width, 3]; its pixels must stay as they are until the call returns.</param>
    /// <param name="format">PNG, JPEG (at most 65,500 pixels a side) or WebP (at most 16,383).</param>
    /// <param name="quality">1 to 100, for JPEG and lossy WebP; JPEG keeps full colour resolution from 90 on.</param>
    /// <param name="lossless">WebP without loss; PNG always is, JPEG never.</param>
    /// <returns>A complete file.</returns>
    /// <exception cref="ArgumentException">
    /// The format is not written, the picture is too large for it, the quality is out of range, or JPEG is asked to be lossless.
    /// </exception>
    /// <exception cref="PictureLibraryException">The encoder itself is not usable.</exception>
    byte[] Encode(RgbImage image, ImageFormat format, int quality = DefaultQuality, bool lossless = false);
}
