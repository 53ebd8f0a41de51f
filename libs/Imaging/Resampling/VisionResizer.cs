namespace QwenMesh.Imaging;

/// <summary>
/// Bicubic resizing with antialiasing, equal bit for bit to torchvision's on bytes, which the processor of Qwen2.5-VL uses: what the Encoder's
/// vision tower sees. It differs from Pillow's by one level in a fraction of a per cent of the samples.
/// </summary>
public static class VisionResizer
{
    /// <summary>The picture at another size; the picture itself when it has that size already.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is below 1.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var result = image;
        if (width != image.Width)
        {
            var axis = AxisWeights.Torch(image.Width, width, ResamplingFilter.Bicubic);
            result = new RgbImage(width, image.Height, ResamplingPass.Horizontal(image.Pixels.Span, image.Width, RgbImage.Channels, axis, width));
        }
        if (height != image.Height)
        {
            var axis = AxisWeights.Torch(image.Height, height, ResamplingFilter.Bicubic);
            result = new RgbImage(width, height, ResamplingPass.Vertical(result.Pixels.Span, width * RgbImage.Channels, axis, height));
        }
        return result;
    }
}
