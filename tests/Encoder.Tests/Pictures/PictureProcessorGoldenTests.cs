using System.Text.Json;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Pictures;

/// <summary>Resizing, normalising and the order of patches: every bit as the reference's processor.</summary>
public sealed class PictureProcessorGoldenTests
{
    private static readonly string Model = Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image-edit");

    [Fact]
    public void Patches_equal_the_recorded_pixel_values()
    {
        var vision = new VisionConfig();
        using var checkpoint = Checkpoint.Open(Model);
        var processor = new PictureProcessor(PictureProcessorConfig.Parse(checkpoint.ReadConfig("processor"), vision), vision);
        using var tensors = new GoldenTensors(GoldenFolder.Numerics("images.safetensors"));
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Numerics("images.json")));
        var number = 0;
        foreach (var picture in json.RootElement.EnumerateArray().Where(entry => entry.TryGetProperty("grid", out _)))
        {
            var image = TestPictures.Read(GoldenFolder.Numerics(picture.GetProperty("image").GetString()!));
            var grid = processor.Grid(image.Width, image.Height);
            var recorded = picture.GetProperty("grid")[0];
            Assert.Equal([1, grid.Height * 2, grid.Width * 2], recorded.EnumerateArray().Select(side => side.GetInt32()));

            var patches = processor.Patches(image);
            var every = picture.GetProperty("every").GetInt32();
            var sample = tensors.Raw($"vl.{number}.pixel_values.sample");
            float[] expected = [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(sample.Bytes.Span)];
            TensorAssert.Exact(expected, [.. patches.Where((_, i) => i % every == 0)], $"vl{number}");
            number++;
        }
        Assert.Equal(4, number);
    }
}
