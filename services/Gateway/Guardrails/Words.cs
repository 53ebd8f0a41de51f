using System.Globalization;
using System.Text;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>Where words begin and end.</summary>
internal static class Words
{
    /// <summary>Whether a phrase that begins and ends here stands for itself, and is not a part of longer words.</summary>
    public static bool AreWhole(ReadOnlySpan<char> text, int start, int end) => IsBoundary(text, start) && IsBoundary(text, end);

    /// <summary>Of a script that is written without spaces (Chinese, Japanese, Thai, Lao, Burmese, Khmer): every place between two of these may be a boundary.</summary>
    public static bool IsUnspaced(Rune rune) => rune.Value
        is (>= 0x2E80 and <= 0x2FDF) or (>= 0x3005 and <= 0x3007) or (>= 0x3021 and <= 0x3029) or (>= 0x3040 and <= 0x312F) or (>= 0x31A0 and <= 0x31FF)
        or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF)
        or (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF);

    private static bool IsBoundary(ReadOnlySpan<char> text, int at)
    {
        Rune.DecodeLastFromUtf16(text[..at], out var before, out _);
        Rune.DecodeFromUtf16(text[at..], out var after, out _);
        return !IsOfWord(before) || !IsOfWord(after);
    }

    // At the ends of the text there is U+FFFD, which is no letter.
    private static bool IsOfWord(Rune rune) => !IsUnspaced(rune) && (Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
}
