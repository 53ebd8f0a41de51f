using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Imaging.Tests;

public sealed class PictureSizesGoldenTests
{
    [Fact]
    public void Dimensions_are_the_references()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFolder.Numerics("dimensions.json")));
        var cases = json.RootElement.EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var entry in cases)
        {
            var expected = entry.GetProperty("out").EnumerateArray().Select(side => side.GetInt32()).ToArray();
            var size = PictureSizes.CalculateDimensions(
                entry.GetProperty("area").GetInt64(), entry.GetProperty("w").GetInt32(), entry.GetProperty("h").GetInt32());
            Assert.Equal(new PixelSize(expected[0], expected[1]), size);
        }
    }

    // Recorded from smart_resize of transformers with the released limits, after calculate_dimensions.
    [Theory]
    [InlineData(384, 384, 392, 392)]
    [InlineData(512, 288, 504, 280)]
    [InlineData(448, 320, 448, 308)]
    [InlineData(480, 320, 476, 308)]
    [InlineData(1024, 1024, 1036, 1036)]
    [InlineData(1376, 768, 1372, 756)]
    public void The_vision_tower_sees_the_references_size(int width, int height, int expectedWidth, int expectedHeight) =>
        Assert.Equal(new PixelSize(expectedWidth, expectedHeight), PictureSizes.SmartResize(width, height, 3136, 12_845_056));

    // From the reference's formula: 1,003,520 pixels at most, 3,136 at least.
    [Theory]
    [InlineData(1024, 1024, 980, 980)]
    [InlineData(10, 10, 56, 56)]
    [InlineData(5, 900, 28, 756)]
    [InlineData(1, 200, 28, 812)]
    public void Areas_outside_of_the_limits_are_scaled(int width, int height, int expectedWidth, int expectedHeight) =>
        Assert.Equal(new PixelSize(expectedWidth, expectedHeight), PictureSizes.SmartResize(width, height, 3136, 1_003_520));

    [Fact]
    public void More_than_200_to_1_is_refused()
    {
        Assert.Throws<ArgumentException>(() => PictureSizes.SmartResize(2010, 10, 3136, 1_003_520));
        Assert.Throws<ArgumentException>(() => PictureSizes.SmartResize(10, 2001, 3136, 1_003_520));
        PictureSizes.SmartResize(2000, 10, 3136, 1_003_520);
    }
}
