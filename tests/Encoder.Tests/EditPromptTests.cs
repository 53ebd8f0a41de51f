using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Prompting;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests;

/// <summary>Prompts with pictures.</summary>
public sealed class EditPromptTests : IDisposable
{
    private static readonly PromptTemplate Template = PromptTemplate.EditPlus;
    private static readonly ReferencePicture Red = new(TestPictures.Plain(48, 32, 255, 0, 0));
    private static readonly ReferencePicture Blue = new(TestPictures.Plain(48, 32, 0, 0, 255));

    private readonly TinyEncoder _tiny = new(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image-edit-2509"));

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Pictures_of_one_size_give_different_conditioning()
    {
        var (red, blue) = (Encode("make it green", Red), Encode("make it green", Blue));
        Assert.Equal(red.Tokens, blue.Tokens);
        AssertDifferent(red, blue);
    }

    [Fact]
    public void The_order_of_pictures_counts() => AssertDifferent(Encode("combine them", Red, Blue), Encode("combine them", Blue, Red));

    [Fact]
    public void Prompts_that_share_pictures_get_what_they_would_get_alone()
    {
        var both = _tiny.Encode(Template, ["make it green", "make it white"], 0, Red);
        TensorAssert.Exact(TinyEncoder.Floats(Encode("make it white", Red)), TinyEncoder.Floats(both[1]));
        Assert.Equal(0, _tiny.Backend.LiveTensors);
    }

    [Fact]
    public void More_tokens_than_the_transformer_has_positions_for_are_refused()
    {
        var refused = Assert.Throws<PromptException>(() => Encode(string.Concat(Enumerable.Repeat("one ", 5000)), Red));
        Assert.Contains("at most 4096", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, _tiny.Backend.LiveTensors);
    }

    [Fact]
    public void Cancellation_reaches_the_vision_tower_and_leaves_nothing_alive()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => _tiny.Encoder.See(Template, [Red, Blue], cancelled.Token));
        Assert.Equal(0, _tiny.Backend.LiveTensors);
    }

    [Fact]
    public void A_device_that_is_full_at_any_operation_leaves_nothing_alive()
    {
        var full = new FullBackend(TestEngine.Open());
        using var tiny = new TinyEncoder(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image-edit-2509"), full);
        Assert.InRange(full.AssertNothingStays(() => tiny.Encode(Template, ["make it green"], 0, Red, Blue)), 50, 1000);
    }

    [Theory]
    [InlineData("a<|image_pad|>", "<|image_pad|>")]
    [InlineData("<|video_pad|>", "<|video_pad|>")]
    [InlineData("a<|vision_start|>", null)]
    public void Tokens_that_ask_for_pictures_are_refused_beside_pictures_only(string prompt, string? reason)
    {
        var refused = Template.Refuse(prompt);
        Assert.Equal(reason is null, refused is null);
        Assert.Contains(reason ?? "", refused ?? "", StringComparison.Ordinal);
        Assert.Null(PromptTemplate.TextToImage.Refuse(prompt));
    }

    [Fact]
    public void A_model_without_a_vision_tower_sees_no_pictures()
    {
        using var blind = new TinyEncoder(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));
        Assert.False(blind.Encoder.SeesPictures);
        Assert.True(_tiny.Encoder.SeesPictures);
        Assert.Throws<PromptException>(() => blind.Encode(Template, ["a"], 0, Red));
    }

    private PromptEmbeds Encode(string prompt, params ReferencePicture[] pictures) => _tiny.Encode(Template, [prompt], 0, pictures)[0];

    private static void AssertDifferent(PromptEmbeds one, PromptEmbeds other) =>
        Assert.True(TensorAssert.RelativeError(TinyEncoder.Floats(one), TinyEncoder.Floats(other)) > 1e-3);
}
