using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects;

/// <summary>A small JSON answer, compact and with base64 and other languages as they are: some clients read it with sed.</summary>
internal static class JsonAnswer
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="context">Of the request.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="members">Writes the members of the object that is answered.</param>
    /// <param name="contentType">Of the answer.</param>
    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> members, string contentType = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        Write(context.Response.BodyWriter, members);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>The same object for somewhere else, e.g. a webhook.</summary>
    public static void Write(IBufferWriter<byte> writer, Action<Utf8JsonWriter> members)
    {
        using var json = new Utf8JsonWriter(writer, Compact);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }
}
