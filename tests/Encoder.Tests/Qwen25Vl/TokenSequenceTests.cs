using QwenMesh.Encoder.Qwen25Vl;

namespace QwenMesh.Encoder.Tests.Qwen25Vl;

public sealed class TokenSequenceTests
{
    [Fact]
    public void Text_has_one_number_on_all_axes() =>
        Assert.Equal([new(0, 0, 0), new(1, 1, 1), new(2, 2, 2)], TokenSequence.OfText([7, 7, 7]).Positions());

    /// <summary>The reference's answer for a grid of 12 x 8 patches after three tokens of text, with three behind it.</summary>
    [Fact]
    public void A_picture_spreads_over_height_and_width_and_text_goes_on_after_its_longer_side()
    {
        var positions = new TokenSequence([.. Enumerable.Repeat(0, 30)], [new PictureSpan(3, 6, 4)]).Positions();
        Assert.Equal([0, 1, 2, .. Enumerable.Repeat(3, 24), 9, 10, 11], positions.Select(position => position.Time));
        Assert.Equal(
            [0, 1, 2, .. Enumerable.Range(3, 6).SelectMany(row => Enumerable.Repeat(row, 4)), 9, 10, 11], positions.Select(position => position.Height));
        Assert.Equal(
            [0, 1, 2, .. Enumerable.Range(0, 6).SelectMany(_ => Enumerable.Range(3, 4)), 9, 10, 11], positions.Select(position => position.Width));
    }

    [Fact]
    public void Pictures_follow_each_other()
    {
        var positions = new TokenSequence([.. Enumerable.Repeat(0, 8)], [new PictureSpan(0, 1, 3), new PictureSpan(4, 2, 1)]).Positions();
        Assert.Equal(
            [new(0, 0, 0), new(0, 0, 1), new(0, 0, 2), new(3, 3, 3), new(4, 4, 4), new(4, 5, 4), new(6, 6, 6), new(7, 7, 7)], positions);
    }
}
