namespace QwenMesh.Encoder.Tests;

public sealed class EncoderOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new EncoderOptions().Validate());

    [Fact]
    public void Every_fault_is_reported_and_names_its_key()
    {
        var faults = new EncoderOptions { DefaultMaxSequenceLength = 0, MaxSequenceLength = 1025, MaxPrompts = 0, MaxImages = 65, MaxImagePixels = 0, MaxPromptLength = 0, CacheBytes = -1 }.Validate();
        Assert.Equal(
            ["Encoder:MaxSequenceLength", "Encoder:DefaultMaxSequenceLength", "Encoder:MaxPrompts", "Encoder:MaxImages", "Encoder:MaxImagePixels", "Encoder:MaxPromptLength", "Encoder:CacheBytes"],
            faults.Select(fault => fault[..fault.IndexOf(' ', StringComparison.Ordinal)]));
    }

    [Fact]
    public void The_default_length_may_not_exceed_the_largest() =>
        Assert.Contains("Encoder:DefaultMaxSequenceLength is 512", Assert.Single(new EncoderOptions { MaxSequenceLength = 256 }.Validate()), StringComparison.Ordinal);
}
