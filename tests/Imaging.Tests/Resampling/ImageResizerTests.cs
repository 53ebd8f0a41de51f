namespace QwenMesh.Imaging.Tests;

public sealed class ImageResizerTests
{
    // What Pillow 13 makes of one row.
    private static readonly byte[] Row = [0, 50, 100, 150, 200, 250, 30, 60];

    [Theory]
    [InlineData(5, new byte[] { 15, 91, 191, 189, 34 })]
    [InlineData(12, new byte[] { 0, 19, 60, 93, 125, 157, 186, 255, 224, 58, 23, 69 })]
    [InlineData(3, new byte[] { 38, 185, 105 })]
    public void Equals_Pillow_along_both_axes(int size, byte[] expected)
    {
        var pixels = Row.SelectMany(value => new[] { value, (byte)0, (byte)(255 - value) }).ToArray();
        var wide = ImageResizer.Resize(new RgbImage(8, 1, pixels), size, 1);
        var tall = ImageResizer.Resize(new RgbImage(1, 8, pixels), 1, size);
        Assert.Equal((size, 1, 1, size), (wide.Width, wide.Height, tall.Width, tall.Height));
        Assert.Equal(expected, wide.Pixels.ToArray().Where((_, i) => i % 3 == 0));
        Assert.Equal(wide.Pixels.ToArray(), tall.Pixels.ToArray());
    }

    [Fact]
    public void A_size_that_is_kept_costs_nothing()
    {
        var image = Pictures.Gradient(20, 10);
        Assert.Same(image, ImageResizer.Resize(image, 20, 10));
    }

    [Fact]
    public void A_flat_picture_stays_flat()
    {
        var image = new RgbImage(31, 17, Enumerable.Repeat((byte)201, 31 * 17 * 3).ToArray());
        foreach (var (width, height) in ((int, int)[])[(40, 40), (7, 5), (1, 1), (31, 100), (97, 17)])
        {
            var resized = ImageResizer.Resize(image, width, height);
            Assert.Equal((width, height), (resized.Width, resized.Height));
            Assert.All(resized.Pixels.ToArray(), value => Assert.Equal(201, value));
        }
    }
}
