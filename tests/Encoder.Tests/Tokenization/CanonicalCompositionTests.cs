using System.Globalization;
using System.Text;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Tokenization;

public sealed class CanonicalCompositionTests
{
    [Fact]
    public void Lines_of_the_conformance_test_are_composed()
    {
        var lines = File.ReadLines(Path.Combine(GoldenFolder.Repository, "tests", "Encoder.Tests", "Tokenization", "NormalizationTest.txt"))
            .Where(line => line[0] != '#').ToList();
        Assert.True(lines.Count > 750);
        foreach (var line in lines)
        {
            var (source, composed) = (Text(line.Split(';')[0]), Text(line.Split(';')[1]));
            Assert.Equal(composed, CanonicalComposition.Compose(source));
            Assert.Equal(composed, CanonicalComposition.Compose(composed));
        }
    }

    [Theory]
    [InlineData("cafe\u0301", "caf\u00e9")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("a\u0323\u0307b", "\u1ea1\u0307b")]
    [InlineData("a\u0307\u0323b", "\u1ea1\u0307b")]
    [InlineData("\u0301x", "\u0301x")]
    [InlineData("\u0345\u0EBA", "\u0345\u0EBA")] // A mark of Unicode 12.
    [InlineData("\ud834\udd5e", "\ud834\udd57\ud834\udd65")]
    public void Sequences_compose(string text, string composed) => Assert.Equal(composed, CanonicalComposition.Compose(text));

    [Fact]
    public void Plain_text_is_returned_as_it_is()
    {
        const string Text = "plain text, even façade";
        Assert.Same(Text, CanonicalComposition.Compose(Text));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character() =>
        Assert.Equal("\u0300a\uFFFDb", CanonicalComposition.Compose("\u0300a" + '\ud800' + "b"));

    [Fact]
    public void A_long_run_of_marks_is_sorted_and_composed()
    {
        // Alternating classes, the worst order for an exchange sort.
        var marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 50_000));
        var composed = CanonicalComposition.Compose("a" + marks);
        Assert.Equal("\u1ea1" + new string('\u0323', 49_999) + new string('\u0301', 50_000), composed);
    }

    private static string Text(string codes)
    {
        var text = new StringBuilder();
        foreach (var code in codes.Split(' '))
        {
            text.Append(new Rune(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());
        }
        return text.ToString();
    }
}
