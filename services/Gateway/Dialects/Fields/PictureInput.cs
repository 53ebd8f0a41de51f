using System.Runtime.InteropServices;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <summary>How a picture was sent.</summary>
public enum PictureForm
{
    /// <summary>As a part of a multipart body.</summary>
    File,

    /// <summary>http:// or https://.</summary>
    Url,

    /// <summary>data:</summary>
    DataUri,

    /// <summary>Any other text.</summary>
    Base64,
}

/// <summary>A picture as a body has it: not decoded, not fetched and not checked. What reads it reports faults at its path.</summary>
/// <param name="Path">Where it was sent.</param>
/// <param name="Form">How.</param>
public sealed record PictureInput(FieldPath Path, PictureForm Form)
{
    /// <summary>The bytes of a <see cref="PictureForm.File"/>, until the body is disposed of.</summary>
    public ReadOnlyMemory<byte> File { get; init; }

    /// <summary>The text of the other forms, until the body is disposed of.</summary>
    public JsonElement Text { get; init; }

    internal static PictureForm FormOf(JsonElement text)
    {
        // Not GetString: base64 of a large picture would become a string of twice its bytes.
        var raw = JsonMarshal.GetRawUtf8Value(text)[1..^1];
        if (StartsWith(raw, "data:"u8))
        {
            return PictureForm.DataUri;
        }
        // No base64 has a colon.
        return StartsWith(raw, "http:"u8) || StartsWith(raw, "https:"u8) ? PictureForm.Url : PictureForm.Base64;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix) =>
        text.Length >= prefix.Length && System.Text.Ascii.EqualsIgnoreCase(text[..prefix.Length], prefix);
}
