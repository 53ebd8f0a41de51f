using System.Text;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>
/// Splits text as Qwen2's regular expression does, with a scanner: .NET's Regex works on UTF-16 units, for which \p{L} never matches a letter
/// beyond the basic plane. The letters name the alternatives of <see cref="Pattern"/> in their order (docs/model.md 2.1).
/// </summary>
internal static class PreTokenizer
{
    public const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Length in UTF-16 units of the piece that begins the text; at least 1 when the text is not empty.</summary>
    public static int NextPiece(ReadOnlySpan<char> text)
    {
        var first = RuneAt(text, 0, out var length);
        if (first.Value == '\'' && Contraction(text[1..]) is > 0 and var suffix)
        {
            return 1 + suffix; // (a)
        }
        if (Rune.IsLetter(first))
        {
            return Letters(text, length); // (b) without the optional rune
        }
        if (Rune.IsNumber(first))
        {
            return length; // (c)
        }
        var afterFirst = Letters(text, length);
        if (afterFirst > length && first.Value is not ('\r' or '\n'))
        {
            return afterFirst; // (b)
        }
        var symbols = Symbols(text, first.Value == ' ' ? 1 : 0);
        return symbols > 0 ? symbols : Whitespace(text); // (d), or (e) to (g)
    }

    /// <summary>Units of s, t, re, ve, m, ll or d in any case at the start; 0 when there is none.</summary>
    private static int Contraction(ReadOnlySpan<char> text)
    {
        var first = text.Length > 0 ? Fold(text[0]) : '\0';
        var second = text.Length > 1 ? Fold(text[1]) : '\0';
        return (first, second) switch
        {
            ('s' or 't', _) => 1,
            ('r' or 'v', 'e') => 2,
            ('m', _) => 1,
            ('l', 'l') => 2,
            ('d', _) => 1,
            _ => 0,
        };
    }

    // The long s is the only other character that folds to one of these letters.
    private static char Fold(char letter) => letter == '\u017F' ? 's' : char.ToLowerInvariant(letter);

    private static int Letters(ReadOnlySpan<char> text, int from)
    {
        while (from < text.Length && Rune.IsLetter(RuneAt(text, from, out var length)))
        {
            from += length;
        }
        return from;
    }

    /// <summary>(d): runes that are not whitespace, letter or number, then CR and LF; 0 when there are none.</summary>
    private static int Symbols(ReadOnlySpan<char> text, int from)
    {
        var end = from;
        while (end < text.Length && IsSymbol(RuneAt(text, end, out var length)))
        {
            end += length;
        }
        if (end == from)
        {
            return 0;
        }
        while (end < text.Length && text[end] is '\r' or '\n')
        {
            end++;
        }
        return end;
    }

    private static int Whitespace(ReadOnlySpan<char> text)
    {
        // All whitespace lies in the basic plane: runes are units.
        var run = 0;
        while (run < text.Length && char.IsWhiteSpace(text[run]))
        {
            run++;
        }
        var lastBreak = text[..run].LastIndexOfAny('\r', '\n');
        if (lastBreak >= 0)
        {
            return lastBreak + 1; // (e)
        }
        return run == text.Length || run == 1 ? run : run - 1; // (f), (g)
    }

    private static bool IsSymbol(Rune rune) => !Rune.IsWhiteSpace(rune) && !Rune.IsLetter(rune) && !Rune.IsNumber(rune);

    /// <summary>The rune at a position; U+FFFD of one unit for half a surrogate pair.</summary>
    private static Rune RuneAt(ReadOnlySpan<char> text, int position, out int length)
    {
        Rune.DecodeFromUtf16(text[position..], out var rune, out length);
        return rune;
    }
}
