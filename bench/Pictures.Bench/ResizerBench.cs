using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using QwenMesh.Imaging;

namespace QwenMesh.Pictures.Bench;

/// <summary>Resizing of a 1024x1024 picture, against libvips' own filters, whose results are not the reference's.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
public class ResizerBench
{
    private readonly RgbImage _image = SamplePictures.Make(Sample.Noisy);

    /// <summary>Loads libvips, which the encoder sets up.</summary>
    [GlobalSetup]
    public void Setup() => new VipsEncoder().Encode(_image, ImageFormat.Jpeg);

    [Benchmark(Baseline = true), BenchmarkCategory("Lanczos to 384x384")]
    public RgbImage LanczosTo384() => ImageResizer.Resize(_image, 384, 384);

    [Benchmark, BenchmarkCategory("Lanczos to 384x384")]
    public byte[] LanczosTo384LibVips() => Vips(384, NetVips.Enums.Kernel.Lanczos3);

    [Benchmark(Baseline = true), BenchmarkCategory("Lanczos to 1328x1328")]
    public RgbImage LanczosTo1328() => ImageResizer.Resize(_image, 1328, 1328);

    [Benchmark, BenchmarkCategory("Lanczos to 1328x1328")]
    public byte[] LanczosTo1328LibVips() => Vips(1328, NetVips.Enums.Kernel.Lanczos3);

    [Benchmark(Baseline = true), BenchmarkCategory("Bicubic to 1036x1036")]
    public RgbImage BicubicTo1036() => VisionResizer.Resize(_image, 1036, 1036);

    [Benchmark, BenchmarkCategory("Bicubic to 1036x1036")]
    public byte[] BicubicTo1036LibVips() => Vips(1036, NetVips.Enums.Kernel.Cubic);

    [Benchmark, BenchmarkCategory("Keys")]
    public string Sha256() => PixelDigest.Of(_image);

    private byte[] Vips(int side, NetVips.Enums.Kernel kernel)
    {
        using var pixels = NetVips.Image.NewFromMemory(_image.Pixels, _image.Width, _image.Height, RgbImage.Channels, NetVips.Enums.BandFormat.Uchar);
        using var resized = pixels.Resize((double)side / _image.Width, kernel: kernel);
        return resized.WriteToMemory<byte>();
    }
}
