namespace QwenMesh.Imaging;

/// <summary>Whether a picture's sides and its bytes fit together.</summary>
internal static class PixelLayout
{
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check(int width, int height, int channels, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var expected = (long)width * height * channels;
        if (expected != bytes)
        {
            throw new ArgumentException($"expected {expected} bytes for {width}x{height} with {channels} a pixel, found {bytes}", nameof(bytes));
        }
    }
}
