using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using QwenMesh.Imaging;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;
using Image = SixLabors.ImageSharp.Image;

namespace QwenMesh.Pictures.Bench;

/// <summary>
/// A 1024x1024 picture to a file: ours, which is libvips, against ImageSharp at the settings that give a file of about the same size, and
/// at faster ones.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
public class EncoderBench
{
    private readonly VipsEncoder _ours = new();
    private RgbImage _image = SamplePictures.Make(Sample.Flat);

    /// <summary>What the picture shows.</summary>
    [ParamsAllValues]
    public Sample Picture { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _image = SamplePictures.Make(Picture);
        // Sets libvips up, for the benchmark that calls it directly too.
        WebP();
    }

    [Benchmark(Baseline = true), BenchmarkCategory("PNG")]
    public byte[] Png() => _ours.Encode(_image, ImageFormat.Png);

    [Benchmark, BenchmarkCategory("PNG")]
    public byte[] PngImageSharpLevel6() => Sharp(new PngEncoder { CompressionLevel = PngCompressionLevel.Level6, FilterMethod = PngFilterMethod.Average });

    [Benchmark, BenchmarkCategory("PNG")]
    public byte[] PngImageSharpLevel2() => Sharp(new PngEncoder { CompressionLevel = PngCompressionLevel.Level2, FilterMethod = PngFilterMethod.Average });

    [Benchmark(Baseline = true), BenchmarkCategory("JPEG 90, 4:4:4")]
    public byte[] Jpeg90() => _ours.Encode(_image, ImageFormat.Jpeg, 90);

    [Benchmark, BenchmarkCategory("JPEG 90, 4:4:4")]
    public byte[] Jpeg90ImageSharp() => Sharp(new JpegEncoder { Quality = 90, ColorType = JpegColorType.YCbCrRatio444 });

    [Benchmark(Baseline = true), BenchmarkCategory("JPEG 75, 4:2:0")]
    public byte[] Jpeg75() => _ours.Encode(_image, ImageFormat.Jpeg, 75);

    [Benchmark, BenchmarkCategory("JPEG 75, 4:2:0")]
    public byte[] Jpeg75ImageSharp() => Sharp(new JpegEncoder { Quality = 75, ColorType = JpegColorType.YCbCrRatio420 });

    [Benchmark(Baseline = true), BenchmarkCategory("WebP 90")]
    public byte[] WebP() => _ours.Encode(_image, ImageFormat.WebP);

    [Benchmark, BenchmarkCategory("WebP 90")]
    public byte[] WebPFast()
    {
        using var pixels = NetVips.Image.NewFromMemory(_image.Pixels, _image.Width, _image.Height, RgbImage.Channels, NetVips.Enums.BandFormat.Uchar);
        using var srgb = pixels.Copy(interpretation: NetVips.Enums.Interpretation.Srgb);
        return srgb.WebpsaveBuffer(90, effort: 0, keep: NetVips.Enums.ForeignKeep.None);
    }

    [Benchmark, BenchmarkCategory("WebP 90")]
    public byte[] WebPImageSharp() => Sharp(WebP(WebpFileFormatType.Lossy, 90, WebpEncodingMethod.Default));

    [Benchmark, BenchmarkCategory("WebP 90")]
    public byte[] WebPImageSharpFast() => Sharp(WebP(WebpFileFormatType.Lossy, 90, WebpEncodingMethod.Fastest));

    [Benchmark(Baseline = true), BenchmarkCategory("WebP, lossless")]
    public byte[] Lossless() => _ours.Encode(_image, ImageFormat.WebP, lossless: true);

    [Benchmark, BenchmarkCategory("WebP, lossless")]
    public byte[] LosslessImageSharp() => Sharp(WebP(WebpFileFormatType.Lossless, 20, WebpEncodingMethod.Default));

    [Benchmark, BenchmarkCategory("WebP, lossless")]
    public byte[] LosslessImageSharpFast() => Sharp(WebP(WebpFileFormatType.Lossless, 20, WebpEncodingMethod.Level1));

    private static WebpEncoder WebP(WebpFileFormatType format, int quality, WebpEncodingMethod method) =>
        new() { FileFormat = format, Quality = quality, Method = method };

    private byte[] Sharp(IImageEncoder encoder)
    {
        using var sharp = Image.WrapMemory<Rgb24>(MemoryMarshal.AsMemory(_image.Pixels), _image.Width, _image.Height);
        using var file = new MemoryStream();
        sharp.Save(file, encoder);
        return file.ToArray();
    }
}
