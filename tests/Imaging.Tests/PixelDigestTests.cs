namespace QwenMesh.Imaging.Tests;

public sealed class PixelDigestTests
{
    [Fact]
    public void The_key_depends_on_the_size_and_every_pixel()
    {
        var pixels = Pictures.Gradient(20, 10).Pixels.ToArray();
        var key = PixelDigest.Of(new RgbImage(20, 10, pixels));
        Assert.Equal(key, PixelDigest.Of(Pictures.Gradient(20, 10)));
        Assert.Matches("^[0-9a-f]{64}$", key);
        Assert.NotEqual(key, PixelDigest.Of(new RgbImage(10, 20, pixels)));
        pixels[^1] ^= 1;
        Assert.NotEqual(key, PixelDigest.Of(new RgbImage(20, 10, pixels)));
    }

    [Fact]
    public void Files_of_the_same_pixels_have_the_same_key()
    {
        var image = Pictures.Gradient(32, 32);
        var (encoder, decoder) = (new VipsEncoder(), new VipsDecoder());
        var (png, webp) = (encoder.Encode(image, ImageFormat.Png), encoder.Encode(image, ImageFormat.WebP, lossless: true));
        Assert.Equal(PixelDigest.Of(decoder.Decode(png, new ImageLimits())), PixelDigest.Of(decoder.Decode(webp, new ImageLimits())));
    }
}
