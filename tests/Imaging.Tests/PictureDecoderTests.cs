namespace QwenMesh.Imaging.Tests;

public sealed class PictureDecoderTests
{
    private static readonly ImageLimits Limits = Pictures.AnySize;
    private static readonly VipsDecoder Decoder = new();
    private static readonly VipsEncoder Encoder = new();

    // The smallest GIF: one red pixel of a two-colour palette.
    private static readonly byte[] RedGif =
    [
        .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ];

    [Fact]
    public void A_gif_is_read()
    {
        var image = Decoder.Decode(RedGif, Limits);
        Assert.Equal((1, 1), (image.Width, image.Height));
        Assert.Equal([255, 0, 0], image.Pixels.ToArray());
        Assert.Equal(ImageFormat.Gif, Decoder.Probe(RedGif, Limits).Format);
    }

    [Fact]
    public void A_gif_has_the_colours_of_its_palette()
    {
        var image = Decoder.Decode(Pictures.Gif(20, 12), Limits);
        Assert.Equal((20, 12), (image.Width, image.Height));
        Assert.Equal([255, 0, 0], Pixel(image, 7, 3));
        Assert.Equal([0, 0, 255], Pixel(image, 7, 4));
        Assert.Equal([255, 0, 0], Pixel(image, 19, 11));
    }

    [Fact]
    public void Grey_becomes_rgb()
    {
        var image = Decoder.Decode(Pictures.Png(2, 1, 8, 0, [0, 10, 200]), Limits);
        Assert.Equal([10, 10, 10, 200, 200, 200], image.Pixels.ToArray());
    }

    [Fact]
    public void Sixteen_bits_become_eight()
    {
        var image = Decoder.Decode(Pictures.Png(1, 1, 16, 2, [0, 0x12, 0x34, 0x80, 0x00, 0xFF, 0xFF]), Limits);
        Assert.Equal([0x12, 0x80, 0xFF], image.Pixels.ToArray());
    }

    [Theory]
    [InlineData(6, new byte[] { 0, 1, 2, 3, 0, 4, 5, 6, 128 })]
    [InlineData(4, new byte[] { 0, 9, 0, 8, 255 })]
    public void Alpha_is_dropped(byte colourType, byte[] scanline)
    {
        var image = Decoder.Decode(Pictures.Png(2, 1, 8, colourType, scanline), Limits);
        byte[] expected = colourType == 6 ? [1, 2, 3, 4, 5, 6] : [9, 9, 9, 8, 8, 8];
        Assert.Equal(expected, image.Pixels.ToArray());
    }

    [Fact]
    public void The_EXIF_orientation_is_applied()
    {
        var jpeg = Encoder.Encode(Pictures.Gradient(64, 32), ImageFormat.Jpeg, 95);
        var upright = Decoder.Decode(jpeg, Limits);
        var turned = Decoder.Decode(Pictures.WithOrientation(jpeg, 6), Limits);
        Assert.Equal((32, 64), (turned.Width, turned.Height));
        // Orientation 6: the stored picture is shown after a quarter turn clockwise, so stored (0, bottom) lands top left.
        Assert.Equal(Pixel(upright, 0, 31), Pixel(turned, 0, 0));
        Assert.Equal(Pixel(upright, 0, 0), Pixel(turned, 31, 0));
    }

    [Fact]
    public void The_EXIF_orientation_of_a_png_is_applied()
    {
        var turned = Decoder.Decode(Pictures.Png(2, 1, 8, 2, [0, 1, 2, 3, 4, 5, 6], ("eXIf", Pictures.Orientation(3))), Limits);
        Assert.Equal([4, 5, 6, 1, 2, 3], turned.Pixels.ToArray());
    }

    [Fact]
    public void Limits_are_checked_before_decoding()
    {
        // 60000 x 60000 grey: the header promises 3.6 gigapixels, the file has 90 bytes.
        var bomb = Pictures.Png(60_000, 60_000, 8, 0, new byte[16]);
        Assert.Equal(ImageFault.TooLarge, Refused(bomb, Limits));
        Assert.Equal(ImageFault.TooLarge, Refused(Pictures.Png(20_000, 1, 8, 0, new byte[20_001]), Limits));

        var png = Encoder.Encode(Pictures.Gradient(64, 64), ImageFormat.Png);
        Assert.Equal(ImageFault.TooLarge, Refused(png, Limits with { MaxPixels = (64 * 64) - 1 }));
        Assert.Equal(ImageFault.TooLarge, Refused(png, Limits with { MaxBytes = png.Length - 1 }));
        Assert.Equal(64, Decoder.Decode(png, new ImageLimits { MaxPixels = 64 * 64, MaxBytes = png.Length }).Width);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void Truncated_files_are_refused(ImageFormat format)
    {
        var file = Encoder.Encode(Pictures.Gradient(120, 80), format);
        foreach (var length in (int[])[14, 40, file.Length / 2, file.Length - 30])
        {
            Assert.Equal(ImageFault.Corrupt, Refused(file[..length], Limits));
        }
    }

    private static ImageFault Refused(byte[] file, ImageLimits limits) =>
        Assert.Throws<ImageFormatException>(() => Decoder.Decode(file, limits)).Fault;

    private static byte[] Pixel(RgbImage image, int x, int y) =>
        image.Pixels.Slice(((y * image.Width) + x) * 3, 3).ToArray();
}
