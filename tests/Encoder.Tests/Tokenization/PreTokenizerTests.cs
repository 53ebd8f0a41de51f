using QwenMesh.Encoder.Tokenization;

namespace QwenMesh.Encoder.Tests.Tokenization;

public sealed class PreTokenizerTests
{
    [Theory]
    [InlineData("it's I'LL 'tis", "it", "'s", " I", "'LL", " '", "tis")]
    [InlineData("it'\u017Fx", "it", "'\u017F", "x")]
    [InlineData("'x 'é", "'x", " '", "é")]
    [InlineData("2024年", "2", "0", "2", "4", "年")]
    [InlineData("½Ⅷ٣", "½", "Ⅷ", "٣")]
    [InlineData("a  b", "a", " ", " b")]
    [InlineData("a   ", "a", "   ")]
    [InlineData("a \n\n b", "a", " \n\n", " b")]
    [InlineData("a\r\n\tb", "a", "\r\n", "\tb")]
    [InlineData("x!!\n\n y", "x", "!!\n\n", " y")]
    [InlineData(" ?! a", " ?!", " a")]
    [InlineData("  ?", " ", " ?")]
    [InlineData("\t?", "\t", "?")]
    [InlineData("\u3000\u3000中", "\u3000", "\u3000中")]
    [InlineData("e\u0301a", "e", "\u0301a")]
    [InlineData("😀x𠀀𝟙", "😀x𠀀", "𝟙")]
    [InlineData("\nA", "\n", "A")]
    public void Text_falls_into_the_references_pieces(string text, params string[] pieces)
    {
        var found = new List<string>();
        for (var rest = text; rest.Length > 0; rest = rest[found[^1].Length..])
        {
            found.Add(rest[..PreTokenizer.NextPiece(rest)]);
        }
        Assert.Equal(pieces, found);
    }
}
