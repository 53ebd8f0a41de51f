using System.Globalization;
using System.Text;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>
/// Unicode normalisation form C, with tables in this assembly: <see cref="string.Normalize()"/> changes nothing when the process runs in
/// globalization-invariant mode, as images without ICU do, and token ids must not depend on that. Unicode Standard Annex 15,
/// with the characters of Unicode 9.0: the reference's tokenizer neither reorders nor composes later ones.
/// </summary>
internal static class CanonicalComposition
{
    // Hangul syllables are composed by arithmetic (Unicode Standard, section 3.12).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28, SyllableCount = LeadCount * VowelCount * TrailCount;

    private static readonly Dictionary<int, byte> Classes = [];
    private static readonly Dictionary<int, (int First, int Second)> Decompositions = [];
    private static readonly Dictionary<long, int> Compositions = [];

    static CanonicalComposition()
    {
        using var resource = typeof(CanonicalComposition).Assembly.GetManifestResourceStream("canonical.txt")!;
        using var reader = new StreamReader(resource);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] != '#')
            {
                Add(line.Split(' '));
            }
        }
    }

    public static string Compose(string text)
    {
        // Below U+0300 everything is composed and nothing combines.
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF') < 0)
        {
            return text;
        }
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, runes);
        }
        SortMarks(runes);
        return ComposePairs(runes);
    }

    private static void Decompose(int rune, List<int> into)
    {
        var syllable = rune - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            into.Add(LeadBase + (syllable / (VowelCount * TrailCount)));
            into.Add(VowelBase + (syllable / TrailCount % VowelCount));
            if (syllable % TrailCount != 0)
            {
                into.Add(TrailBase + (syllable % TrailCount));
            }
        }
        else if (Decompositions.TryGetValue(rune, out var pair))
        {
            Decompose(pair.First, into);
            if (pair.Second != 0)
            {
                Decompose(pair.Second, into);
            }
        }
        else
        {
            into.Add(rune);
        }
    }

    /// <summary>Sorts each run of combining marks by class, stably.</summary>
    private static void SortMarks(List<int> runes)
    {
        for (var start = 0; start < runes.Count; start++)
        {
            var end = start;
            while (end < runes.Count && ClassOf(runes[end]) != 0)
            {
                end++;
            }
            if (end - start > 1)
            {
                var sorted = runes.GetRange(start, end - start).OrderBy(ClassOf).ToList();
                for (var i = 0; i < sorted.Count; i++)
                {
                    runes[start + i] = sorted[i];
                }
            }
            start = end;
        }
    }

    private static string ComposePairs(List<int> runes)
    {
        var composed = new List<int>(runes.Count);
        var starter = -1; // Index in composed.
        var lastClass = 0; // Class of the last rune kept since the starter.
        foreach (var rune in runes)
        {
            var ownClass = ClassOf(rune);
            var isBlocked = starter < 0 || (composed.Count - 1 > starter && lastClass >= ownClass);
            if (!isBlocked && TryCompose(composed[starter], rune, out var joined))
            {
                composed[starter] = joined;
                continue;
            }
            if (ownClass == 0)
            {
                starter = composed.Count;
            }
            lastClass = ownClass;
            composed.Add(rune);
        }
        var text = new StringBuilder(composed.Count);
        foreach (var rune in composed)
        {
            text.Append(new Rune(rune).ToString());
        }
        return text.ToString();
    }

    private static bool TryCompose(int first, int second, out int joined)
    {
        var lead = first - LeadBase;
        var vowel = second - VowelBase;
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
        {
            joined = SyllableBase + (((lead * VowelCount) + vowel) * TrailCount);
            return true;
        }
        var syllable = first - SyllableBase;
        var trail = second - TrailBase;
        if (syllable is >= 0 and < SyllableCount && syllable % TrailCount == 0 && trail is > 0 and < TrailCount)
        {
            joined = first + trail;
            return true;
        }
        return Compositions.TryGetValue(((long)first << 32) | (uint)second, out joined);
    }

    private static byte ClassOf(int rune) => rune < 0x300 ? (byte)0 : Classes.GetValueOrDefault(rune);

    private static void Add(string[] line)
    {
        if (line[0] == "C")
        {
            for (var rune = Hex(line[1]); rune <= Hex(line[2]); rune++)
            {
                Classes.Add(rune, byte.Parse(line[3], CultureInfo.InvariantCulture));
            }
            return;
        }
        var pair = (First: Hex(line[2]), Second: line.Length > 3 ? Hex(line[3]) : 0);
        Decompositions.Add(Hex(line[1]), pair);
        if (line[0] == "D")
        {
            Compositions.Add(((long)pair.First << 32) | (uint)pair.Second, Hex(line[1]));
        }
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
