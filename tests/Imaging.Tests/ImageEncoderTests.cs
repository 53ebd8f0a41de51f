namespace QwenMesh.Imaging.Tests;

public sealed class ImageEncoderTests
{
    private static readonly ImageLimits Limits = new();

    [Theory]
    [InlineData(ImageFormat.Png, false)]
    [InlineData(ImageFormat.WebP, true)]
    public void LosslessFormatsReturnTheSamePixels(ImageFormat format, bool lossless)
    {
        var image = Pictures.Gradient(61, 47);
        var decoded = ImageDecoder.Decode(ImageEncoder.Encode(image, format, lossless: lossless), Limits);
        Assert.Equal((61, 47), (decoded.Width, decoded.Height));
        Assert.Equal(image.Pixels.ToArray(), decoded.Pixels.ToArray());
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void LossyFormatsStayCloseAndQualityTradesSizeForError(ImageFormat format)
    {
        var image = Pictures.Gradient(200, 120);
        var good = ImageEncoder.Encode(image, format, quality: 95);
        var poor = ImageEncoder.Encode(image, format, quality: 20);
        Assert.True(poor.Length < good.Length, $"{poor.Length} bytes at 20, {good.Length} at 95");
        var (goodError, poorError) = (MeanError(image, good), MeanError(image, poor));
        Assert.True(goodError < poorError, $"{goodError} at 95, {poorError} at 20");
        Assert.InRange(goodError, 0, 3);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void FilesCarryTheSignatureAndDependOnNothingButThePixels(ImageFormat format)
    {
        var image = Pictures.Gradient(96, 64);
        var file = ImageEncoder.Encode(image, format);
        Assert.Equal(format, ImageFormats.Sniff(file));
        Assert.Equal(new ImageInfo(format, 96, 64), ImageDecoder.Probe(file, Limits));
        Assert.Equal(file, ImageEncoder.Encode(Pictures.Gradient(96, 64), format));
    }

    [Fact]
    public void PixelsMayBeASliceOfALargerBuffer()
    {
        var image = Pictures.Gradient(32, 16);
        var buffer = new byte[image.Pixels.Length + 10];
        image.Pixels.CopyTo(buffer.AsMemory(7));
        var slice = new RgbImage(32, 16, buffer.AsMemory(7, image.Pixels.Length));
        Assert.Equal(ImageEncoder.Encode(image, ImageFormat.Png), ImageEncoder.Encode(slice, ImageFormat.Png));
    }

    [Fact]
    public void ImpossibleSettingsAreRefused()
    {
        var image = Pictures.Gradient(8, 8);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageEncoder.Encode(image, ImageFormat.Gif));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageEncoder.Encode(image, ImageFormat.Jpeg, quality: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageEncoder.Encode(image, ImageFormat.Jpeg, quality: 101));
        Assert.Throws<ArgumentException>(() => ImageEncoder.Encode(image, ImageFormat.Jpeg, lossless: true));
        Assert.Throws<ArgumentException>(() => new RgbImage(8, 8, new byte[191]));
        // libvips' own limit: WebP ends at 16383 pixels a side.
        Assert.Throws<VipsException>(() => ImageEncoder.Encode(Pictures.Gradient(17_000, 1), ImageFormat.WebP));
    }

    [Fact]
    public void NothingStaysAllocated()
    {
        var image = Pictures.Gradient(256, 256);
        RoundTrip();
        var before = Vips.VipsNative.vips_tracked_get_mem();
        for (var i = 0; i < 50; i++)
        {
            RoundTrip();
        }
        // Freed per thread with some delay by libvips' buffer cache: far less than one picture may remain.
        Assert.True(Vips.VipsNative.vips_tracked_get_mem() <= before + 100_000);

        void RoundTrip()
        {
            foreach (var format in (ImageFormat[])[ImageFormat.Png, ImageFormat.Jpeg, ImageFormat.WebP])
            {
                ImageDecoder.Decode(ImageEncoder.Encode(image, format), Limits);
            }
        }
    }

    [Fact]
    public void ThreadsMayEncodeAtTheSameTime()
    {
        var expected = ImageEncoder.Encode(Pictures.Gradient(128, 128), ImageFormat.Png);
        Parallel.For(0, 64, _ => Assert.Equal(expected, ImageEncoder.Encode(Pictures.Gradient(128, 128), ImageFormat.Png)));
    }

    private static double MeanError(RgbImage image, byte[] file)
    {
        var decoded = ImageDecoder.Decode(file, Limits).Pixels.ToArray();
        return image.Pixels.ToArray().Zip(decoded, (a, b) => Math.Abs(a - b)).Average();
    }
}
