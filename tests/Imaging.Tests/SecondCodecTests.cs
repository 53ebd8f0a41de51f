using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;

namespace QwenMesh.Imaging.Tests;

/// <summary>What one library writes the other reads alike: neither only understands itself.</summary>
public sealed class SecondCodecTests
{
    private static readonly RgbImage Picture = Pictures.Gradient(150, 90);
    private static readonly ImageLimits Limits = new();

    private static readonly Dictionary<string, IImageEncoder> Encoders = new()
    {
        ["png"] = new PngEncoder { ColorType = PngColorType.Rgb },
        ["png, interlaced"] = new PngEncoder { ColorType = PngColorType.Rgb, InterlaceMethod = PngInterlaceMode.Adam7 },
        ["png with alpha"] = new PngEncoder { ColorType = PngColorType.RgbWithAlpha },
        ["png of 16 bits"] = new PngEncoder { ColorType = PngColorType.Rgb, BitDepth = PngBitDepth.Bit16 },
        ["png with a palette"] = new PngEncoder { ColorType = PngColorType.Palette, BitDepth = PngBitDepth.Bit4 },
        ["grey png"] = new PngEncoder { ColorType = PngColorType.Grayscale },
        ["gif"] = new GifEncoder(),
        ["lossless webp"] = new WebpEncoder { FileFormat = WebpFileFormatType.Lossless },
        ["webp"] = new WebpEncoder { FileFormat = WebpFileFormatType.Lossy, Quality = 90 },
        ["jpeg"] = new JpegEncoder { ColorType = JpegColorType.YCbCrRatio444, Quality = 90 },
        ["jpeg, colour at half resolution"] = new JpegEncoder { ColorType = JpegColorType.YCbCrRatio420, Quality = 90 },
        ["grey jpeg"] = new JpegEncoder { ColorType = JpegColorType.Luminance, Quality = 90 },
    };

    public static TheoryData<string> Written => [.. Encoders.Keys];

    [Theory]
    [MemberData(nameof(Written))]
    public void We_read_what_ImageSharp_writes_as_it_does(string kind)
    {
        var file = SharpPictures.Write(Picture, Encoders[kind]);
        AssertAlike(SharpPictures.Read(file), new VipsDecoder().Decode(file, Limits), kind);
    }

    [Theory]
    [InlineData(ImageFormat.Png, false)]
    [InlineData(ImageFormat.Jpeg, false)]
    [InlineData(ImageFormat.WebP, false)]
    [InlineData(ImageFormat.WebP, true)]
    public void ImageSharp_reads_what_we_write_as_we_do(ImageFormat format, bool lossless)
    {
        var file = new VipsEncoder().Encode(Picture, format, lossless: lossless);
        var kind = lossless || format == ImageFormat.Png ? "lossless" : format.ToString().ToLowerInvariant();
        AssertAlike(new VipsDecoder().Decode(file, Limits), SharpPictures.Read(file), kind);
    }

    // Lossy decoders may round differently, and enlarge the colours differently; the rest is defined to the bit.
    private static void AssertAlike(RgbImage one, RgbImage other, string kind)
    {
        Assert.Equal((one.Width, one.Height), (other.Width, other.Height));
        var mean = one.Pixels.ToArray().Zip(other.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Average();
        var lossy = kind.Contains("jpeg", StringComparison.Ordinal) || kind == "webp";
        Assert.InRange(mean, 0, lossy ? 1 : 0);
    }
}
