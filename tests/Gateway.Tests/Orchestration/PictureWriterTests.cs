using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Orchestration;

public sealed class PictureWriterTests
{
    [Fact]
    public async Task An_encoder_of_ones_own_writes_the_file()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IPictureEncoder, MarkedEncoder>());

        using var response = await mesh.Gateway.PostAsync("/v1/infer", """{"prompt":"x","width":640,"height":640,"output_format":"webp"}""");

        var file = (await Artifact.ReadAsync(response)).File;
        Assert.Equal(MarkedEncoder.Mark, file[^4..]);
        Assert.Equal(new ImageInfo(ImageFormat.WebP, 640, 640), new VipsDecoder().Probe(file, new ImageLimits()));
    }

    private sealed class MarkedEncoder : IPictureEncoder
    {
        public static readonly byte[] Mark = "mark"u8.ToArray();

        public byte[] Encode(RgbImage image, ImageFormat format, int quality = IPictureEncoder.DefaultQuality, bool lossless = false) =>
            [.. new VipsEncoder().Encode(image, format, quality, lossless), .. Mark];
    }
}
