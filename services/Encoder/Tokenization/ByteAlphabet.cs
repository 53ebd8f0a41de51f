using System.Text;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>
/// The printable character that stands for each byte in the vocabulary's files: itself where it is printable, and U+0100 upwards for the
/// 68 others, in order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = Create();

    public static char Of(byte value) => Characters[value];

    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var value in bytes)
        {
            text.Append(Of(value));
        }
        return text.ToString();
    }

    private static char[] Create()
    {
        var characters = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            characters[value] = value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? (char)value : (char)next++;
        }
        return characters;
    }
}
