using System.Globalization;

namespace QwenMesh.ServiceDefaults;

/// <summary>How long the parts of a log line may be. What a caller sends must not decide how much a service writes.</summary>
internal static class LogBounds
{
    public const int Message = 4096;
    public const int Value = 1024;
    public const int Exception = 16 << 10;

    private const string Cut = "... (cut)";

    /// <summary>The text, or its beginning and a mark.</summary>
    public static string Text(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }
        var kept = longest - Cut.Length;
        // Half of a surrogate pair is no text.
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[kept - 1]) ? kept - 1 : kept), Cut);
    }

    /// <summary>The same for a value of a message or of a scope. Numbers stay numbers.</summary>
    public static object? Of(object? value) => value switch
    {
        null or bool or int or uint or long or ulong or short or ushort or byte or sbyte or float or double or decimal => value,
        string text => Text(text, Value),
        _ => Text(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", Value),
    };

    public static KeyValuePair<string, object?> Of(KeyValuePair<string, object?> value) => new(value.Key, Of(value.Value));
}
