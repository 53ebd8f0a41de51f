using System.IO.Compression;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>Packed request bodies: gzip, deflate (with zlib's header, as RFC 9110 has it) and br, one at a time.</summary>
internal static class ContentEncodings
{
    public const string Accepted = "gzip, deflate, br";

    /// <summary>The body as it was before it was packed.</summary>
    /// <exception cref="DialectException">Another encoding, or several.</exception>
    public static Stream Unpack(HttpContext context, Stream body)
    {
        var encodings = context.Request.Headers.GetCommaSeparatedValues(HeaderNames.ContentEncoding)
            .Where(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)).ToArray();
        return encodings switch
        {
            [] => body,
            [var one] when Is(one, "gzip") || Is(one, "x-gzip") => new GZipStream(body, CompressionMode.Decompress),
            [var one] when Is(one, "deflate") => new ZLibStream(body, CompressionMode.Decompress),
            [var one] when Is(one, "br") => new BrotliStream(body, CompressionMode.Decompress),
            _ => throw Unsupported(context, encodings),
        };
    }

    /// <summary>Whether a failure while reading is that the packed bytes are not what they should be. Brotli's is an InvalidOperationException.</summary>
    public static bool IsDamage(HttpContext context, Exception exception) => context.Request.Headers.ContentEncoding.Count > 0
        && (exception is InvalidDataException || exception.GetType() == typeof(InvalidOperationException));

    private static bool Is(string encoding, string name) => encoding.Trim().Equals(name, StringComparison.OrdinalIgnoreCase);

    private static DialectException Unsupported(HttpContext context, string[] encodings)
    {
        context.Response.Headers.AcceptEncoding = new StringValues(Accepted);
        return new DialectException(
            DialectErrorKind.UnsupportedMediaType, $"content encoding '{Echo.Cut(string.Join(", ", encodings))}' is not read; read are {Accepted}");
    }
}
