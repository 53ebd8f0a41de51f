using System.Buffers;
using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>{"model":"...","input":[{"type":"text","text":"..."}]}, or {"type":"image_url","image_url":{"url":"data:image/png;base64,..."}} in it.</summary>
internal static class ModerationRequest
{
    // Not into HTML: base64 stays as it is.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // As UTF-8: a lone surrogate becomes U+FFFD there, and would end the writing as a string.
    public static HttpContent OfText(string model, string text) => Write(model, "text", json => json.WriteString("text", Encoding.UTF8.GetBytes(text)));

    public static HttpContent OfPicture(string model, ReadOnlyMemory<byte> file, string mediaType) => Write(model, "image_url", json =>
    {
        json.WriteStartObject("image_url");
        json.WriteString("url", DataUri(file.Span, mediaType));
        json.WriteEndObject();
    });

    private static ByteArrayContent Write(string model, string type, Action<Utf8JsonWriter> input)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Plain))
        {
            json.WriteStartObject();
            if (model.Length > 0)
            {
                json.WriteString("model", model);
            }
            json.WriteStartArray("input");
            json.WriteStartObject();
            json.WriteString("type", type);
            input(json);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        var content = new ByteArrayContent(body.WrittenSpan.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static ReadOnlySpan<byte> DataUri(ReadOnlySpan<byte> file, string mediaType)
    {
        var prefix = Encoding.ASCII.GetBytes($"data:{mediaType};base64,");
        var uri = new byte[prefix.Length + Base64.GetMaxEncodedToUtf8Length(file.Length)];
        prefix.CopyTo(uri, 0);
        Base64.EncodeToUtf8(file, uri.AsSpan(prefix.Length), out _, out var written);
        return uri.AsSpan(0, prefix.Length + written);
    }
}
