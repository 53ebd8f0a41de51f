using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Qwen25Vl;

namespace QwenMesh.Encoder.Tests.Pictures;

public sealed class PictureProcessorTests
{
    private static readonly VisionConfig Vision = new();

    /// <summary>The worked sizes of the released models: squares of 28 pixels.</summary>
    [Theory]
    [InlineData(1024, 1024, 384 * 384, 196)]
    [InlineData(1024, 1024, 1024 * 1024, 1369)]
    [InlineData(1920, 1080, 384 * 384, 180)]
    [InlineData(1920, 1080, 1024 * 1024, 1323)]
    [InlineData(800, 600, 384 * 384, 176)]
    [InlineData(1500, 1000, 384 * 384, 187)]
    public void A_picture_has_the_rows_of_the_reference(int width, int height, int area, int rows) =>
        Assert.Equal(rows, Processor("""{ "min_pixels": 3136, "max_pixels": 12845056 }""").Grid(width, height, area).Squares);

    [Fact]
    public void Areas_beyond_the_processors_limits_are_scaled()
    {
        var processor = Processor("""{ "size": { "shortest_edge": 3136, "longest_edge": 1003520 } }""");
        Assert.Equal(new PatchGrid(35, 35), processor.Grid(1024, 1024)); // 980 x 980
        Assert.Equal(new PatchGrid(2, 2), processor.Grid(1, 1));
        Assert.Equal(new PatchGrid(1, 10), processor.Grid(210, 10));
    }

    [Fact]
    public void Pictures_that_are_too_narrow_are_refused()
    {
        Assert.Throws<PromptException>(() => Processor("{}").Grid(2010, 10));
        Assert.Throws<PromptException>(() => Processor("{}").Grid(10, 20_000, 384 * 384));
        Assert.Throws<PromptException>(() => Processor("{}").Grid(1, int.MaxValue, 384 * 384));
    }

    [Theory]
    [InlineData("""{ "patch_size": 16 }""", "patch_size")]
    [InlineData("""{ "merge_size": 1 }""", "merge_size")]
    [InlineData("""{ "temporal_patch_size": 1 }""", "temporal_patch_size")]
    [InlineData("""{ "resample": 2 }""", "resample")]
    [InlineData("""{ "do_normalize": false }""", "do_normalize")]
    [InlineData("""{ "rescale_factor": 0.5 }""", "rescale_factor")]
    [InlineData("""{ "image_std": [0.5, 0, 0.5] }""", "image_std")]
    [InlineData("""{ "image_mean": [0.5] }""", "image_mean")]
    [InlineData("""{ "min_pixels": 5000, "max_pixels": 4000 }""", "min_pixels")]
    public void What_is_not_supported_is_refused(string json, string key) => Assert.Contains(
        key, Assert.Throws<CheckpointException>(() => PictureProcessorConfig.Parse(json, Vision)).Message, StringComparison.Ordinal);

    private static PictureProcessor Processor(string json) => new(PictureProcessorConfig.Parse(json, Vision), Vision);
}
