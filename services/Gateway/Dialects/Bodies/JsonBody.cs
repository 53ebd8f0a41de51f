using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using static QwenMesh.Gateway.Dialects.Bodies.BodyBudget;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>
/// JSON in UTF-8, a byte order mark before it or not. Of names that come twice the last one counts, as in the vendors' servers (Python's json). Tokens
/// are counted before anything is built of them: a body of brackets and commas would cost seven times its bytes.
/// </summary>
internal static class JsonBody
{
    /// <summary>Objects and lists in one another.</summary>
    public const int MaxDepth = 64;

    // JsonDocument keeps a row for every token, and rents as many bytes as the text has (or a megabyte, where that is nearly enough) to start with.
    private const int BytesPerToken = 12;
    private const int Megabyte = 1 << 20;

    /// <summary>The body; null when it is empty.</summary>
    /// <exception cref="DialectException">No JSON, or too many tokens.</exception>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> bytes, int maxTokens, BodyCharge charge)
    {
        if (bytes.Span.StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }
        if (bytes.IsEmpty)
        {
            return null;
        }
        if (!Utf8.IsValid(bytes.Span))
        {
            throw new DialectException(DialectErrorKind.InvalidBody, "the body is not UTF-8");
        }
        try
        {
            var tokens = (long)Check(bytes.Span, maxTokens) * BytesPerToken;
            var rented = Math.Max(Rented(bytes.Length), 2 * tokens);
            charge.Add(rented);
            var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth });
            charge.Return(rented - tokens);
            return document;
        }
        catch (JsonException exception)
        {
            // Without what it advises the programmer of the reader, which is no business of a client's.
            var reason = exception.Message.Split(" LineNumber:", 2)[0].Replace(" Change the reader options.", "", StringComparison.Ordinal);
            throw new DialectException(
                new DialectError(DialectErrorKind.InvalidBody, reason) { Position = Position(bytes.Span, exception) }, exception);
        }
    }

    private static long Rented(int length) =>
        length is > Megabyte and <= 4 * Megabyte ? Megabyte : BitOperations.RoundUpToPowerOf2((uint)length + BytesPerToken);

    private static int Check(ReadOnlySpan<byte> bytes, int maxTokens)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
        var tokens = 0;
        while (reader.Read())
        {
            if (++tokens > maxTokens)
            {
                throw new DialectException(DialectErrorKind.BodyTooLarge, $"the request body has more than {maxTokens} JSON tokens");
            }
            if (reader.ValueIsEscaped && !Surrogates.ArePaired(reader.ValueSpan))
            {
                // "\ud800" is JSON but no text: it would throw wherever the string is read later.
                throw new DialectException(DialectErrorKind.InvalidBody, "a string holds half of a surrogate pair");
            }
        }
        return tokens;
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
