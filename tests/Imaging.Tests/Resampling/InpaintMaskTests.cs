namespace QwenMesh.Imaging.Tests;

public sealed class InpaintMaskTests
{
    private static readonly RgbImage Colours = new(8, 1, new byte[]
    {
        255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 128, 128, 128, 127, 127, 127, 0, 0, 0, 10, 240, 30,
    });

    // What Pillow makes of the row: Lanczos, convert("L"), and the reference of that: below one half is 0.
    [Theory]
    [InlineData(5, new byte[] { 182, 92, 93, 93, 81 }, new byte[] { 255, 0, 0, 0, 0 })]
    [InlineData(8, new byte[] { 255, 76, 150, 29, 128, 127, 0, 147 }, new byte[] { 255, 0, 255, 0, 255, 0, 0, 255 })]
    [InlineData(12, new byte[] { 253, 157, 76, 149, 104, 36, 107, 159, 102, 6, 70, 158 }, new byte[] { 255, 255, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255 })]
    public void A_coloured_mask_is_resized_before_it_is_grey(int width, byte[] grey, byte[] mask)
    {
        Assert.Equal(grey, ImageResizer.Resize(Colours, width, 1).ToGrey().Pixels.ToArray());
        Assert.Equal(mask, InpaintMask.Prepare(Colours, width, 1).Pixels.ToArray());
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(20, 40)]
    [InlineData(11, 9)]
    public void A_grey_mask_is_the_same_in_one_channel_and_in_three(int width, int height)
    {
        var random = new Random(3);
        var pixels = new byte[11 * 9];
        random.NextBytes(pixels);
        var tripled = new RgbImage(11, 9, pixels.SelectMany(value => new[] { value, value, value }).ToArray());
        Assert.Equal(
            InpaintMask.Prepare(tripled, width, height).Pixels.ToArray(),
            InpaintMask.Prepare(new GreyImage(11, 9, pixels), width, height).Pixels.ToArray());
    }

    [Fact]
    public void A_latent_takes_the_upper_left_pixel_of_its_cell()
    {
        var pixels = Enumerable.Range(0, 16 * 24).Select(i => (byte)(i % 24 == 8 && i / 24 == 8 ? 255 : 0)).ToArray();
        Assert.Equal([0, 0, 0, 0, 255, 0], InpaintMask.ToLatentGrid(new GreyImage(24, 16, pixels), 3, 2).Pixels.ToArray());
        pixels = [.. Enumerable.Range(0, 16 * 24).Select(i => (byte)(i % 24 == 9 && i / 24 == 8 ? 255 : 0))];
        Assert.Equal(new byte[6], InpaintMask.ToLatentGrid(new GreyImage(24, 16, pixels), 3, 2).Pixels.ToArray());
    }
}
