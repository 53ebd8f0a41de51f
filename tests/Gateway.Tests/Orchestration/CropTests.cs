using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Imaging;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Orchestration;

/// <summary>A size off the model's multiple: what is too much is cut off, and both axes are scaled alike.</summary>
public sealed class CropTests
{
    [Theory]
    [InlineData(960, 704, 1000, 750, 939, 704)]
    [InlineData(704, 960, 750, 1000, 704, 939)]
    [InlineData(512, 1600, 513, 1663, 494, 1600)]
    [InlineData(576, 576, 600, 600, 576, 576)]
    [InlineData(1024, 1024, 1024, 1024, 1024, 1024)]
    public void The_middle_is_kept_in_the_shape_asked_for(int width, int height, int askedWidth, int askedHeight, int keptWidth, int keptHeight)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            (pixels[i * 3], pixels[(i * 3) + 1]) = ((byte)(i % width), (byte)(i / width));
        }
        var cropped = PictureWriter.CropTo(new RgbImage(width, height, pixels), new ImageSize(askedWidth, askedHeight));
        Assert.Equal((keptWidth, keptHeight), (cropped.Width, cropped.Height));
        Assert.Equal(keptWidth * keptHeight * 3, cropped.Pixels.Length);
        // One pixel at most is the difference of the scales.
        Assert.InRange((double)askedWidth / askedHeight * cropped.Height, cropped.Width - 1, cropped.Width + 1);
        var (left, top) = ((width - keptWidth) / 2, (height - keptHeight) / 2);
        var last = cropped.Pixels.Span[^3..];
        Assert.Equal(((byte)left, (byte)top), (cropped.Pixels.Span[0], cropped.Pixels.Span[1]));
        Assert.Equal(((byte)(left + keptWidth - 1), (byte)(top + keptHeight - 1)), (last[0], last[1]));
    }

    [Fact]
    public async Task The_file_is_the_cropped_picture_resized()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var result = await mesh.DrawAsync(new GenerationRequest { Prompt = "x", Seed = 200, Size = new ImageSize(1000, 750) });
        var generated = new RgbImage(960, 704, FakeVae.Picture(960, 704, red: 200));
        var expected = ImageResizer.Resize(PictureWriter.CropTo(generated, new ImageSize(1000, 750)), 1000, 750);
        var image = new VipsDecoder().Decode(result.Pictures[0].File, new ImageLimits());
        Assert.Equal((1000, 750), (image.Width, image.Height));
        Assert.True(image.Pixels.Span.SequenceEqual(expected.Pixels.Span));
    }
}
