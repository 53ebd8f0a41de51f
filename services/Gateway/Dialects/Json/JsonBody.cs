using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace QwenMesh.Gateway.Dialects.Json;

/// <summary>Reads a request's JSON. The content type is not looked at: clients often leave it out.</summary>
internal static class JsonBody
{
    /// <summary>The body; null when there is none.</summary>
    /// <exception cref="JsonBodyException">Too large, or no JSON.</exception>
    public static async Task<JsonDocument?> ReadAsync(HttpContext context, long maxBytes)
    {
        var bytes = await BoundedBody.ReadAsync(context, maxBytes);
        if (bytes.IsEmpty)
        {
            return null;
        }
        try
        {
            if (!Utf8.IsValid(bytes.Span))
            {
                throw new JsonBodyException(StatusCodes.Status422UnprocessableEntity, 0, "the body is not UTF-8");
            }
            var document = JsonDocument.Parse(bytes);
            if (bytes.Span.IndexOf("\\u"u8) >= 0)
            {
                RefuseHalfSurrogates(document.RootElement);
            }
            return document;
        }
        catch (JsonException exception)
        {
            var reason = exception.Message.Split(" LineNumber:", 2)[0];
            throw new JsonBodyException(StatusCodes.Status422UnprocessableEntity, Position(bytes.Span, exception), reason);
        }
    }

    // "\ud800" is JSON but no text: it would throw wherever the string is read later.
    private static void RefuseHalfSurrogates(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Read(() => property.Name);
                    RefuseHalfSurrogates(property.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    RefuseHalfSurrogates(item);
                }
                break;
            case JsonValueKind.String:
                Read(element.GetString);
                break;
        }

        static void Read(Func<string?> read)
        {
            try
            {
                read();
            }
            catch (InvalidOperationException)
            {
                throw new JsonBodyException(StatusCodes.Status422UnprocessableEntity, 0, "a string holds half of a surrogate pair");
            }
        }
    }

    private static long Position(ReadOnlySpan<byte> bytes, JsonException exception)
    {
        var start = 0;
        for (var line = exception.LineNumber ?? 0; line > 0; line--)
        {
            start += bytes[start..].IndexOf((byte)'\n') + 1;
        }
        var end = (int)Math.Min(start + (exception.BytePositionInLine ?? 0), bytes.Length);
        return Encoding.UTF8.GetCharCount(bytes[..end]);
    }
}

/// <summary>The body cannot be taken. A status of 422 means that it is no JSON.</summary>
internal sealed class JsonBodyException(int status, long position, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    /// <summary>Characters before the fault.</summary>
    public long Position { get; } = position;
}
