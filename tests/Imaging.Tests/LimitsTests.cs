namespace QwenMesh.Imaging.Tests;

/// <summary>What the defaults refuse, from the header alone: none of these files has its pixels.</summary>
public sealed class LimitsTests
{
    [Theory]
    [InlineData(1, 1, ImageFault.TooSmall)]
    [InlineData(15, 400, ImageFault.TooSmall)]
    [InlineData(20_000, 1, ImageFault.TooLarge)]
    [InlineData(16_385, 400, ImageFault.TooLarge)]
    [InlineData(8_001, 8_000, ImageFault.TooLarge)]
    [InlineData(65_535, 65_535, ImageFault.TooLarge)]
    [InlineData(2_147_483_647, 1, ImageFault.TooLarge)]
    [InlineData(16, 801, ImageFault.TooElongated)]
    [InlineData(5_001, 100, ImageFault.TooElongated)]
    public void Sides_out_of_the_limits_are_refused(int width, int height, ImageFault fault)
    {
        var file = Pictures.Png(width, height, 8, 2, []);
        var decoder = new VipsDecoder();
        foreach (var read in (Action[])[() => decoder.Probe(file, new ImageLimits()), () => decoder.Decode(file, new ImageLimits())])
        {
            var refused = Assert.Throws<ImageFormatException>(read);
            // libpng has limits of its own, which refuse a side beyond a million as damage.
            Assert.Equal(width > 1_000_000 ? ImageFault.Corrupt : fault, refused.Fault);
            Assert.True(width > 1_000_000 || refused.Message.Contains($"{width}x{height}", StringComparison.Ordinal), refused.Message);
        }
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(16, 800)]
    [InlineData(8_000, 8_000)]
    [InlineData(16_384, 400)]
    public void Sides_at_the_limits_are_taken(int width, int height)
    {
        var info = new VipsDecoder().Probe(Pictures.Png(width, height, 8, 2, []), new ImageLimits());
        Assert.Equal(new ImageInfo(ImageFormat.Png, width, height), info);
    }

    // libvips would allocate the canvas when it opens the file.
    [Theory]
    [InlineData("animated.webp", 24, new byte[] { 0xFF, 0x3E, 0, 0xFF, 0x3E, 0 }, "16128x16128")]
    [InlineData("lossy.webp", 26, new byte[] { 0xFF, 0x3E, 0xFF, 0x3E }, "16127x16127")]
    [InlineData("animated.webp", 24, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, "16777216x16777216")]
    [InlineData("lossless", 21, new byte[] { 0xFF, 0xFF, 0xFF, 0x0F }, "16384x16384")]
    public void A_large_canvas_of_a_webp_is_never_allocated(string name, int at, byte[] size, string shown)
    {
        var file = name == "lossless"
            ? new VipsEncoder().Encode(Pictures.Gradient(40, 24), ImageFormat.WebP, lossless: true)
            : File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Files", name));
        Assert.Equal((40, 24), (new VipsDecoder().Probe(file, new ImageLimits()).Width, new VipsDecoder().Probe(file, new ImageLimits()).Height));
        size.CopyTo(file, at);
        var refused = Assert.Throws<ImageFormatException>(() => new VipsDecoder().Probe(file, new ImageLimits()));
        Assert.Equal(ImageFault.TooLarge, refused.Fault);
        Assert.Contains(shown, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_orientation_does_not_hide_a_side()
    {
        var file = Pictures.Png(5_001, 100, 8, 2, [], ("eXIf", Pictures.Orientation(6)));
        Assert.Equal(ImageFault.TooElongated, Assert.Throws<ImageFormatException>(() => new VipsDecoder().Probe(file, new ImageLimits())).Fault);
    }
}
