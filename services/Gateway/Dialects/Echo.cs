using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects;

/// <summary>What a client sent, cut for an answer or a log line.</summary>
internal static class Echo
{
    /// <summary>Characters of a name.</summary>
    public const int Most = 64;

    /// <summary>Characters of a value in an error.</summary>
    public const int MostOfValue = 2048;

    public static string Cut(string text, int most = Most) => text.Length <= most ? text : string.Concat(Whole(text.AsSpan(0, most)), " ...");

    /// <summary>A copy that outlives the body: the value, or the beginning of its JSON as a string where that is long.</summary>
    public static JsonElement Bounded(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (Encoding.UTF8.GetCharCount(raw) <= MostOfValue)
        {
            return value.Clone();
        }
        Span<char> beginning = stackalloc char[MostOfValue];
        Encoding.UTF8.GetDecoder().Convert(raw, beginning, flush: false, out _, out var written, out _);
        return JsonSerializer.SerializeToElement(string.Concat(Whole(beginning[..written]), " ..."));
    }

    // Without half of a pair at the end.
    private static ReadOnlySpan<char> Whole(ReadOnlySpan<char> text) => char.IsHighSurrogate(text[^1]) ? text[..^1] : text;
}
