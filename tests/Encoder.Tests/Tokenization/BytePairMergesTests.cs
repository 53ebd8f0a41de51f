using System.Text;
using QwenMesh.Encoder.Tokenization;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Tokenization;

public sealed class BytePairMergesTests
{
    private readonly TokenizerFiles _files = TokenizerFiles.Read(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image", "tokenizer"));

    [Fact]
    public void The_heap_joins_what_repeated_search_joins()
    {
        var merges = new BytePairMerges(_files.Vocabulary, _files.Merges);
        var random = new Random(7);
        string[] syllables = ["the", "ing", "a", "re", " ", "st", "on", "er", "中", "é", "ll"];
        for (var i = 0; i < 300; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => syllables[random.Next(syllables.Length)]));
            var ids = new List<int>();
            merges.Encode(Encoding.UTF8.GetBytes(text), ids);
            Assert.Equal(BySearch(text), ids);
        }
    }

    [Fact]
    public void A_hundred_thousand_letters_in_one_piece_are_encoded()
    {
        var tokenizer = QwenTokenizer.Open(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image", "tokenizer"));
        var letters = string.Concat(Enumerable.Repeat("thestringonere", 7_200));
        var ids = tokenizer.Encode(letters);
        Assert.Equal(letters, string.Concat(ids.Select(SymbolOf)));
        Assert.Equal(100_800, tokenizer.Encode(new string('\u0001', 100_800)).Count);
    }

    [Fact]
    public void A_vocabulary_without_all_bytes_or_symbols_is_refused()
    {
        var incomplete = new Dictionary<string, int>(_files.Vocabulary, StringComparer.Ordinal);
        Assert.True(incomplete.Remove("Ġ"));
        Assert.Contains("byte 32", Assert.Throws<InvalidDataException>(() => new BytePairMerges(incomplete, [])).Message, StringComparison.Ordinal);
        Assert.Contains("merge 0", Assert.Throws<InvalidDataException>(() => new BytePairMerges(_files.Vocabulary, [("a", "☃")])).Message, StringComparison.Ordinal);
    }

    private string SymbolOf(int id) => _files.Vocabulary.Single(entry => entry.Value == id).Key;

    /// <summary>The definition: join all occurrences of the pair of lowest rank, again and again.</summary>
    private List<int> BySearch(string text)
    {
        var symbols = Encoding.UTF8.GetBytes(text).Select(value => ByteAlphabet.Of(value).ToString()).ToList();
        foreach (var (left, right) in _files.Merges)
        {
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                if (symbols[i] == left && symbols[i + 1] == right)
                {
                    symbols[i] = left + right;
                    symbols.RemoveAt(i + 1);
                }
            }
        }
        return [.. symbols.Select(symbol => _files.Vocabulary[symbol])];
    }
}
