namespace QwenMesh.Imaging.Tests;

public sealed class PictureEncoderTests
{
    private static readonly ImageLimits Limits = Pictures.AnySize;
    private static readonly VipsDecoder Decoder = new();
    private static readonly VipsEncoder Encoder = new();

    [Theory]
    [InlineData(ImageFormat.Png, false)]
    [InlineData(ImageFormat.WebP, true)]
    public void Lossless_formats_return_the_same_pixels(ImageFormat format, bool lossless)
    {
        var image = Pictures.Gradient(61, 47);
        var decoded = Decoder.Decode(Encoder.Encode(image, format, lossless: lossless), Limits);
        Assert.Equal((61, 47), (decoded.Width, decoded.Height));
        Assert.Equal(image.Pixels.ToArray(), decoded.Pixels.ToArray());
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void Lossy_formats_stay_close_and_quality_trades_size_for_error(ImageFormat format)
    {
        var image = Pictures.Gradient(200, 120);
        var good = Encoder.Encode(image, format, quality: 95);
        var poor = Encoder.Encode(image, format, quality: 20);
        Assert.True(poor.Length < good.Length, $"{poor.Length} bytes at 20, {good.Length} at 95");
        var (goodError, poorError) = (MeanError(image, good), MeanError(image, poor));
        Assert.True(goodError < poorError, $"{goodError} at 95, {poorError} at 20");
        Assert.InRange(goodError, 0, 3);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void Files_carry_the_signature_and_depend_on_nothing_but_the_pixels(ImageFormat format)
    {
        var image = Pictures.Gradient(96, 64);
        var file = Encoder.Encode(image, format);
        Assert.Equal(format, ImageFormats.Sniff(file));
        Assert.Equal(new ImageInfo(format, 96, 64), Decoder.Probe(file, Limits));
        Assert.Equal(file, Encoder.Encode(Pictures.Gradient(96, 64), format));
    }

    [Fact]
    public void Pixels_may_be_a_slice_of_a_larger_buffer()
    {
        var image = Pictures.Gradient(32, 16);
        var buffer = new byte[image.Pixels.Length + 10];
        image.Pixels.CopyTo(buffer.AsMemory(7));
        var slice = new RgbImage(32, 16, buffer.AsMemory(7, image.Pixels.Length));
        Assert.Equal(Encoder.Encode(image, ImageFormat.Png), Encoder.Encode(slice, ImageFormat.Png));
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        var image = Pictures.Gradient(8, 8);
        Assert.Throws<ArgumentOutOfRangeException>(() => Encoder.Encode(image, ImageFormat.Gif));
        Assert.Throws<ArgumentOutOfRangeException>(() => Encoder.Encode(image, ImageFormat.Jpeg, quality: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Encoder.Encode(image, ImageFormat.Jpeg, quality: 101));
        Assert.Throws<ArgumentException>(() => Encoder.Encode(image, ImageFormat.Jpeg, lossless: true));
        Assert.Throws<ArgumentException>(() => new RgbImage(8, 8, new byte[191]));
    }

    [Theory]
    [InlineData(ImageFormat.WebP, 16_383)]
    [InlineData(ImageFormat.Jpeg, 65_500)]
    public void A_format_ends_at_a_side(ImageFormat format, int maxSide)
    {
        Assert.Equal(new ImageInfo(format, maxSide, 1), Decoder.Probe(Encoder.Encode(Pictures.Gradient(maxSide, 1), format), Limits with { MaxSide = maxSide }));
        Assert.Throws<ArgumentException>(() => Encoder.Encode(Pictures.Gradient(maxSide + 1, 1), format));
        Assert.Throws<ArgumentException>(() => Encoder.Encode(Pictures.Gradient(1, maxSide + 1), format));
    }

    [Fact]
    public void Threads_may_encode_at_the_same_time()
    {
        var expected = Encoder.Encode(Pictures.Gradient(128, 128), ImageFormat.Png);
        Parallel.For(0, 64, _ => Assert.Equal(expected, Encoder.Encode(Pictures.Gradient(128, 128), ImageFormat.Png)));
    }

    private static double MeanError(RgbImage image, byte[] file)
    {
        var decoded = Decoder.Decode(file, Limits).Pixels.ToArray();
        return image.Pixels.ToArray().Zip(decoded, (a, b) => Math.Abs(a - b)).Average();
    }
}
