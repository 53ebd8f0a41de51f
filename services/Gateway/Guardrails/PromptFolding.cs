using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>
/// One spelling for texts that read the same: full-width and ornamental letters, upper case, diacritics, zero-width characters, white space, hyphens and
/// underscores make no difference. Coarser than NFKC with case folding, and with a table in this assembly: <see cref="string.Normalize()"/> changes
/// nothing where ICU is missing, and a rule must not depend on that.
/// </summary>
internal static class PromptFolding
{
    private static readonly FrozenDictionary<int, string> Table = Read();

    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        var (last, isSeparated) = (default(Rune), false);
        foreach (var rune in Letters(text))
        {
            if (IsSeparator(rune))
            {
                isSeparated = folded.Length > 0;
            }
            else if (!IsIgnored(rune))
            {
                // Between Chinese characters, and between them and others, a space is a matter of taste.
                if (isSeparated && !Words.IsUnspaced(last) && !Words.IsUnspaced(rune))
                {
                    folded.Append(' ');
                }
                folded.Append(rune.ToString());
                (last, isSeparated) = (rune, false);
            }
        }
        return folded.ToString();
    }

    private static IEnumerable<Rune> Letters(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Table.TryGetValue(rune.Value, out var letters))
            {
                yield return Rune.ToLowerInvariant(rune);
                continue;
            }
            foreach (var letter in letters.EnumerateRunes())
            {
                yield return letter;
            }
        }
    }

    private static bool IsSeparator(Rune rune) => Rune.IsWhiteSpace(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DashPunctuation or UnicodeCategory.ConnectorPunctuation;

    // Zero-width and control characters, diacritics of Latin, Greek and Cyrillic, variation selectors, Hangul fillers.
    private static bool IsIgnored(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control
        || rune.Value is (>= 0x0300 and <= 0x036F) or (>= 0x1AB0 and <= 0x1AFF) or (>= 0x1DC0 and <= 0x1DFF) or (>= 0x20D0 and <= 0x20FF)
            or (>= 0xFE20 and <= 0xFE2F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) or (>= 0x180B and <= 0x180F) or 0x115F or 0x1160;

    private static FrozenDictionary<int, string> Read()
    {
        using var resource = typeof(PromptFolding).Assembly.GetManifestResourceStream("Guardrails/folding.txt")!;
        using var reader = new StreamReader(resource);
        var table = new Dictionary<int, string>();
        while (reader.ReadLine() is { } line)
        {
            if (line[0] != '#')
            {
                int[] values = [.. line.Split(' ').Select(value => int.Parse(value, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
                table.Add(values[0], string.Concat(values.Skip(1).Select(char.ConvertFromUtf32)));
            }
        }
        return table.ToFrozenDictionary();
    }
}
