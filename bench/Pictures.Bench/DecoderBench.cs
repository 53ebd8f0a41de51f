using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using QwenMesh.Imaging;
using SixLabors.ImageSharp.PixelFormats;
using Image = SixLabors.ImageSharp.Image;

namespace QwenMesh.Pictures.Bench;

/// <summary>A file of a 1024x1024 picture to pixels: ours, which is libvips with our checks, against ImageSharp; and its header alone.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
public class DecoderBench
{
    private readonly VipsDecoder _ours = new();
    private readonly ImageLimits _limits = new();
    private byte[] _png = [];
    private byte[] _profiled = [];
    private byte[] _jpeg = [];
    private byte[] _webp = [];

    /// <summary>What the picture shows.</summary>
    [ParamsAllValues]
    public Sample Picture { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var (encoder, image) = (new VipsEncoder(), SamplePictures.Make(Picture));
        _png = encoder.Encode(image, ImageFormat.Png);
        _jpeg = encoder.Encode(image, ImageFormat.Jpeg);
        _webp = encoder.Encode(image, ImageFormat.WebP);
        using var plain = NetVips.Image.NewFromBuffer(_jpeg);
        _profiled = plain.JpegsaveBuffer(90, profile: "p3");
    }

    [Benchmark(Baseline = true), BenchmarkCategory("PNG")]
    public RgbImage Png() => _ours.Decode(_png, _limits);

    [Benchmark, BenchmarkCategory("PNG")]
    public RgbaImage PngWithAlpha() => _ours.DecodeWithAlpha(_png, _limits);

    [Benchmark, BenchmarkCategory("PNG")]
    public ImageInfo PngHeader() => _ours.Probe(_png, _limits);

    [Benchmark, BenchmarkCategory("PNG")]
    public int PngImageSharp() => Sharp(_png);

    [Benchmark(Baseline = true), BenchmarkCategory("JPEG")]
    public RgbImage Jpeg() => _ours.Decode(_jpeg, _limits);

    [Benchmark, BenchmarkCategory("JPEG")]
    public RgbImage JpegOfDisplayP3() => _ours.Decode(_profiled, _limits);

    [Benchmark, BenchmarkCategory("JPEG")]
    public ImageInfo JpegHeader() => _ours.Probe(_jpeg, _limits);

    [Benchmark, BenchmarkCategory("JPEG")]
    public int JpegImageSharp() => Sharp(_jpeg);

    [Benchmark(Baseline = true), BenchmarkCategory("WebP")]
    public RgbImage WebP() => _ours.Decode(_webp, _limits);

    [Benchmark, BenchmarkCategory("WebP")]
    public ImageInfo WebPHeader() => _ours.Probe(_webp, _limits);

    [Benchmark, BenchmarkCategory("WebP")]
    public int WebPImageSharp() => Sharp(_webp);

    private static int Sharp(byte[] file)
    {
        using var image = Image.Load<Rgb24>(file);
        return image.Width;
    }
}
