namespace QwenMesh.Imaging.Tests;

/// <summary>The eight EXIF orientations.</summary>
public sealed class OrientationTests
{
    private const int Width = 24;
    private const int Height = 16;

    // Where the pixel shown at (x, y) is stored, by the EXIF standard's names of row 0 and column 0.
    private static readonly Func<int, int, (int X, int Y)>[] Stored =
    [
        (x, y) => (x, y),
        (x, y) => (Width - 1 - x, y),
        (x, y) => (Width - 1 - x, Height - 1 - y),
        (x, y) => (x, Height - 1 - y),
        (x, y) => (y, x),
        (x, y) => (y, Height - 1 - x),
        (x, y) => (Width - 1 - y, Height - 1 - x),
        (x, y) => (Width - 1 - y, x),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Each_is_applied(byte orientation)
    {
        var decoder = new VipsDecoder();
        var jpeg = new VipsEncoder().Encode(Pictures.Gradient(Width, Height), ImageFormat.Jpeg, 95);
        var stored = decoder.Decode(jpeg, new ImageLimits());
        var file = Pictures.WithOrientation(jpeg, orientation);
        var shown = decoder.Decode(file, new ImageLimits());

        Assert.Equal(orientation < 5 ? (Width, Height) : (Height, Width), (shown.Width, shown.Height));
        var info = decoder.Probe(file, new ImageLimits());
        Assert.Equal((shown.Width, shown.Height), (info.Width, info.Height));
        for (var y = 0; y < shown.Height; y++)
        {
            for (var x = 0; x < shown.Width; x++)
            {
                var (storedX, storedY) = Stored[orientation - 1](x, y);
                Assert.Equal(Pixel(stored, storedX, storedY), Pixel(shown, x, y));
            }
        }
    }

    private static byte[] Pixel(RgbImage image, int x, int y) => image.Pixels.Slice(((y * image.Width) + x) * 3, 3).ToArray();
}
