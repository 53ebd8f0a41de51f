using QwenMesh.Imaging;

namespace QwenMesh.Encoder.Pictures;

/// <summary>
/// Bicubic resizing with antialiasing, equal bit for bit to torchvision's of bytes, which the reference's processor uses: weights of 16 bits,
/// the rows first, bytes between the two passes.
/// </summary>
internal static class BicubicResizer
{
    private const int Channels = RgbImage.Channels;

    /// <summary>The picture at another size; the picture itself when it has that size already.</summary>
    public static RgbImage Resize(RgbImage picture, int width, int height)
    {
        var wide = width == picture.Width ? picture : ResizeWidth(picture, width);
        return height == wide.Height ? wide : ResizeHeight(wide, height);
    }

    private static RgbImage ResizeWidth(RgbImage picture, int width)
    {
        var axis = BicubicAxis.Of(picture.Width, width);
        var result = new byte[checked(width * picture.Height * Channels)];
        for (var y = 0; y < picture.Height; y++)
        {
            var row = picture.Pixels.Span.Slice(y * picture.Width * Channels, picture.Width * Channels);
            for (var x = 0; x < width; x++)
            {
                var weights = axis.Weights.AsSpan(x * axis.Taps, axis.Counts[x]);
                for (var channel = 0; channel < Channels; channel++)
                {
                    var (sum, at) = (axis.Half, (axis.First[x] * Channels) + channel);
                    for (var k = 0; k < weights.Length; k++)
                    {
                        sum += weights[k] * row[at + (k * Channels)];
                    }
                    result[(((y * width) + x) * Channels) + channel] = axis.Clip(sum);
                }
            }
        }
        return new RgbImage(width, picture.Height, result);
    }

    private static RgbImage ResizeHeight(RgbImage picture, int height)
    {
        var axis = BicubicAxis.Of(picture.Height, height);
        var stride = picture.Width * Channels;
        var (result, sums) = (new byte[checked(height * stride)], new int[stride]);
        for (var y = 0; y < height; y++)
        {
            Array.Fill(sums, axis.Half);
            for (var k = 0; k < axis.Counts[y]; k++)
            {
                var row = picture.Pixels.Span.Slice((axis.First[y] + k) * stride, stride);
                var weight = axis.Weights[(y * axis.Taps) + k];
                for (var i = 0; i < row.Length; i++)
                {
                    sums[i] += weight * row[i];
                }
            }
            for (var i = 0; i < sums.Length; i++)
            {
                result[(y * stride) + i] = axis.Clip(sums[i]);
            }
        }
        return new RgbImage(picture.Width, height, result);
    }
}
