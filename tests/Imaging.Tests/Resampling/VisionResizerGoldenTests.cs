using System.Runtime.InteropServices;
using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Imaging.Tests;

/// <summary>What the reference's processor made of pictures for the vision tower, float for float: size, resampling, and nothing between.</summary>
public sealed class VisionResizerGoldenTests
{
    private const int Patch = 14;
    private const long MinPixels = 3136;
    private const long MaxPixels = 12_845_056;

    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f];
    private static readonly float[] Deviation = [0.26862954f, 0.26130258f, 0.27577711f];

    public static TheoryData<int> Pictures => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Pixel_values_equal_the_references(int index)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Numerics("images.json")));
        var entry = json.RootElement.EnumerateArray().Single(one => one.GetProperty("image").GetString() == $"vl{index}.png");
        var grid = entry.GetProperty("grid")[0].EnumerateArray().Select(side => side.GetInt32()).ToArray();
        var image = new VipsDecoder().Decode(File.ReadAllBytes(GoldenFolder.Numerics($"vl{index}.png")), new ImageLimits());

        var size = PictureSizes.SmartResize(image.Width, image.Height, MinPixels, MaxPixels);
        Assert.Equal(new PixelSize(grid[2] * Patch, grid[1] * Patch), size);

        var values = PixelValues(VisionResizer.Resize(image, size.Width, size.Height));
        using var recorded = new GoldenTensors(GoldenFolder.Numerics("images.safetensors"));
        var expected = MemoryMarshal.Cast<byte, float>(recorded.Raw($"vl.{index}.pixel_values.sample").Bytes.Span);
        var every = entry.GetProperty("every").GetInt32();
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], values[i * every]);
        }
    }

    // [patches, 3·2·14·14], the four patches of a square one after the other.
    private static float[] PixelValues(RgbImage image)
    {
        var values = new List<float>();
        for (var square = 0; square < image.Width * image.Height / (4 * Patch * Patch); square++)
        {
            var (top, left) = (square / (image.Width / (2 * Patch)) * 2 * Patch, square % (image.Width / (2 * Patch)) * 2 * Patch);
            for (var patch = 0; patch < 4; patch++)
            {
                for (var channel = 0; channel < 6; channel++)
                {
                    for (var pixel = 0; pixel < Patch * Patch; pixel++)
                    {
                        var (y, x) = (top + (patch / 2 * Patch) + (pixel / Patch), left + (patch % 2 * Patch) + (pixel % Patch));
                        float value = image.Pixels.Span[(((y * image.Width) + x) * 3) + (channel / 2)];
                        values.Add((value - (255 * Mean[channel / 2])) / (255 * Deviation[channel / 2]));
                    }
                }
            }
        }
        return [.. values];
    }
}
