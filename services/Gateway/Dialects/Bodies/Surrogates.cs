using System.Globalization;
using System.Text;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>Escapes of JSON strings that stand for halves of a character: "\ud83c\udfa8" is one character, "\ud83c" alone is none.</summary>
internal static class Surrogates
{
    private const int EscapeLength = 6;

    /// <param name="escaped">A valid JSON string's bytes, escapes and all.</param>
    public static bool ArePaired(ReadOnlySpan<byte> escaped)
    {
        while (escaped.IndexOf((byte)'\\') is >= 0 and var at)
        {
            escaped = escaped[at..];
            if (Unit(escaped) is not { } unit)
            {
                escaped = escaped[2..];
                continue;
            }
            escaped = escaped[EscapeLength..];
            if (char.IsLowSurrogate(unit))
            {
                return false;
            }
            if (char.IsHighSurrogate(unit))
            {
                if (Unit(escaped) is not { } second || !char.IsLowSurrogate(second))
                {
                    return false;
                }
                escaped = escaped[EscapeLength..];
            }
        }
        return true;
    }

    private static char? Unit(ReadOnlySpan<byte> text) =>
        text.Length >= EscapeLength && text[0] == '\\' && text[1] == 'u'
            ? (char)ushort.Parse(Encoding.ASCII.GetString(text[2..EscapeLength]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : null;
}
