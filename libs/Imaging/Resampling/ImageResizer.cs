namespace QwenMesh.Imaging;

/// <summary>
/// Lanczos3 resizing, equal bit for bit to Pillow's, which prepared the pictures that the models were trained on: what the Vae sees. libvips
/// is not used for it: its enlarging is bicubic, and its results differ from release to release.
/// </summary>
public static class ImageResizer
{
    /// <summary>The picture at another size; the picture itself when it has that size already.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is below 1.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        return (width, height) == (image.Width, image.Height)
            ? image
            : new RgbImage(width, height, Resize(image.Pixels, image.Width, image.Height, RgbImage.Channels, width, height));
    }

    /// <summary>The grey picture at another size; itself when it has that size already.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is below 1.</exception>
    public static GreyImage Resize(GreyImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        return (width, height) == (image.Width, image.Height)
            ? image
            : new GreyImage(width, height, Resize(image.Pixels, image.Width, image.Height, 1, width, height));
    }

    /// <summary>
    /// The picture at another size; itself when it has that size already. Colours count by their alpha: what is under alpha 0 does not take
    /// part.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is below 1.</exception>
    public static RgbaImage Resize(RgbaImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        if ((width, height) == (image.Width, image.Height))
        {
            return image;
        }
        var premultiplied = AlphaPremultiply.Apply(image.Pixels.Span);
        var resized = Resize(premultiplied, image.Width, image.Height, RgbaImage.Channels, width, height);
        AlphaPremultiply.Undo(resized);
        return new RgbaImage(width, height, resized);
    }

    private static byte[] Resize(ReadOnlyMemory<byte> pixels, int fromWidth, int fromHeight, int channels, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (width == fromWidth)
        {
            return Vertical(pixels.Span, fromWidth);
        }
        if (height == fromHeight)
        {
            return Horizontal(pixels.Span);
        }
        // Pillow 13 takes the vertical pass first when that shrinks the picture much more than the other (found by comparing many sizes).
        return height < fromHeight && fromHeight - height > 2 * (fromWidth - width)
            ? Horizontal(Vertical(pixels.Span, fromWidth))
            : Vertical(Horizontal(pixels.Span), width);

        byte[] Horizontal(ReadOnlySpan<byte> source) =>
            ResamplingPass.Horizontal(source, fromWidth, channels, AxisWeights.Pillow(fromWidth, width, ResamplingFilter.Lanczos3), width);

        byte[] Vertical(ReadOnlySpan<byte> source, int columns) =>
            ResamplingPass.Vertical(source, columns * channels, AxisWeights.Pillow(fromHeight, height, ResamplingFilter.Lanczos3), height);
    }
}
