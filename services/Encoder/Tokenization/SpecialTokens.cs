using System.Buffers;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>Finds added tokens such as &lt;|im_end|&gt; in text: the leftmost, and of several there the longest.</summary>
internal sealed class SpecialTokens
{
    private readonly (string Text, int Id)[] _longestFirst;
    private readonly SearchValues<char> _firstCharacters;

    public SpecialTokens(IReadOnlyDictionary<string, int> ids)
    {
        _longestFirst = [.. ids.Select(token => (token.Key, token.Value)).OrderByDescending(token => token.Key.Length)];
        _firstCharacters = SearchValues.Create([.. ids.Keys.Select(text => text[0]).Distinct()]);
    }

    /// <summary>Position of the first added token at or after <paramref name="from"/>; -1 when there is none.</summary>
    public int Find(ReadOnlySpan<char> text, int from, out int length, out int id)
    {
        for (; from < text.Length; from++)
        {
            var skip = text[from..].IndexOfAny(_firstCharacters);
            if (skip < 0)
            {
                break;
            }
            from += skip;
            foreach (var token in _longestFirst)
            {
                if (text[from..].StartsWith(token.Text, StringComparison.Ordinal))
                {
                    (length, id) = (token.Text.Length, token.Id);
                    return from;
                }
            }
        }
        (length, id) = (0, 0);
        return -1;
    }
}
