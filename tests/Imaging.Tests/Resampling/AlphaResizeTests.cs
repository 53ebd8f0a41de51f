namespace QwenMesh.Imaging.Tests;

public sealed class AlphaResizeTests
{
    private static readonly byte[] Row =
    [
        255, 0, 0, 0, 0, 255, 0, 255, 10, 20, 30, 128, 200, 100, 50, 255, 0, 0, 255, 0, 90, 80, 70, 200,
    ];

    // What Pillow makes of the row as RGBA.
    [Theory]
    [InlineData(4, new byte[] { 0, 255, 0, 91, 32, 143, 18, 215, 223, 68, 53, 138, 71, 85, 71, 114 })]
    [InlineData(9, new byte[] { 0, 0, 0, 0, 7, 255, 0, 130, 0, 246, 0, 255, 0, 77, 16, 138, 158, 42, 51, 204, 209, 109, 49, 228, 255, 155, 28, 18, 46, 71, 74, 82, 93, 81, 68, 226 })]
    [InlineData(3, new byte[] { 0, 238, 0, 124, 114, 105, 34, 187, 139, 76, 72, 113 })]
    public void Equals_Pillow_along_both_axes(int size, byte[] expected)
    {
        Assert.Equal(expected, ImageResizer.Resize(new RgbaImage(6, 1, Row), size, 1).Pixels.ToArray());
        Assert.Equal(expected, ImageResizer.Resize(new RgbaImage(1, 6, Row), 1, size).Pixels.ToArray());
    }

    [Fact]
    public void Colour_under_alpha_0_does_not_bleed()
    {
        // The left half is red that nobody sees, the right half opaque green.
        var pixels = new byte[40 * 40 * 4];
        for (var i = 0; i < pixels.Length; i += 4)
        {
            var visible = i / 4 % 40 >= 20;
            (pixels[i], pixels[i + 1], pixels[i + 3]) = visible ? ((byte)0, (byte)255, (byte)255) : ((byte)255, (byte)0, (byte)0);
        }
        foreach (var side in (int[])[13, 64])
        {
            var resized = ImageResizer.Resize(new RgbaImage(40, 40, pixels), side, side);
            for (var i = 0; i < side * side; i++)
            {
                Assert.Equal(0, resized.Pixels.Span[i * 4]);
            }
            Assert.Contains(resized.Alpha().Pixels.ToArray(), alpha => alpha is > 0 and < 255);
        }
    }

    [Fact]
    public void Alpha_and_colours_come_apart()
    {
        var image = new RgbaImage(6, 1, Row);
        Assert.Equal([0, 255, 128, 255, 0, 200], image.Alpha().Pixels.ToArray());
        Assert.Equal([255, 0, 127, 0, 255, 55], image.Alpha().Invert().Pixels.ToArray());
        Assert.Equal([255, 0, 0, 0, 255, 0, 10, 20, 30, 200, 100, 50, 0, 0, 255, 90, 80, 70], image.DropAlpha().Pixels.ToArray());
    }
}
