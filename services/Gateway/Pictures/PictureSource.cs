using System.Text;
using System.Text.RegularExpressions;

namespace QwenMesh.Gateway.Pictures;

/// <summary>Where the bytes of a picture come from.</summary>
internal abstract partial record PictureSource
{
    private const string DataScheme = "data:";
    private const string Base64Marker = ";base64";

    private PictureSource()
    {
    }

    /// <summary>Base64 in the request, with or without the frame of a data URI.</summary>
    /// <param name="Base64">The characters after the comma.</param>
    internal sealed record Inline(ReadOnlyMemory<char> Base64) : PictureSource;

    /// <summary>A part of a multipart request.</summary>
    /// <param name="File">Its bytes.</param>
    internal sealed record Part(ReadOnlyMemory<byte> File) : PictureSource;

    /// <summary>An address to fetch.</summary>
    internal sealed record Remote(Uri Address) : PictureSource;

    /// <summary>A file that the client has uploaded before.</summary>
    internal sealed record Asset(string Id) : PictureSource;

    /// <summary>Tells an address, a data URI and bare base64 apart. The media type of a data URI counts for nothing: the bytes tell the format.</summary>
    /// <exception cref="PictureException">The text is none of them.</exception>
    public static PictureSource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.AsMemory().Trim();
        if (trimmed.Span.StartsWith(DataScheme, StringComparison.OrdinalIgnoreCase))
        {
            return ParseDataUri(trimmed);
        }
        // No character of base64 is a colon.
        if (!Scheme().IsMatch(trimmed.Span))
        {
            return new Inline(trimmed);
        }
        return Uri.TryCreate(trimmed.ToString(), UriKind.Absolute, out var address)
            ? new Remote(address)
            : throw new PictureException(PictureFaultKind.Malformed, "the address of the picture is malformed");
    }

    /// <summary>The base64 of a text that holds a picture, bare or in a data URI.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="base64">The characters after the comma; empty when there are none.</param>
    /// <returns>False for everything else; <see cref="Parse"/> says what it is.</returns>
    public static bool TryFindBase64(ReadOnlySpan<byte> utf8, out ReadOnlySpan<byte> base64)
    {
        base64 = utf8;
        if (!utf8.Contains((byte)':'))
        {
            return true;
        }
        var comma = utf8.IndexOf((byte)',');
        if (comma < DataScheme.Length + Base64Marker.Length || !Ascii.EqualsIgnoreCase(utf8[..DataScheme.Length], DataScheme)
            || !Ascii.EqualsIgnoreCase(utf8[(comma - Base64Marker.Length)..comma], Base64Marker))
        {
            return false;
        }
        base64 = utf8[(comma + 1)..];
        return true;
    }

    private static PictureSource ParseDataUri(ReadOnlyMemory<char> text)
    {
        var comma = text.Span.IndexOf(',');
        if (comma < 0)
        {
            throw new PictureException(PictureFaultKind.Malformed, "the data URI has no comma");
        }
        var header = text.Span[..comma];
        if (header.EndsWith(";asset_id", StringComparison.OrdinalIgnoreCase))
        {
            return new Asset(text[(comma + 1)..].Trim().ToString());
        }
        if (header.EndsWith(";example_id", StringComparison.OrdinalIgnoreCase))
        {
            throw new PictureException(PictureFaultKind.UnsupportedReference, "references to examples are not served; send the picture itself");
        }
        return header.EndsWith(Base64Marker, StringComparison.OrdinalIgnoreCase)
            ? new Inline(text[(comma + 1)..])
            : throw new PictureException(PictureFaultKind.Malformed, "the data URI is not base64");
    }

    [GeneratedRegex(@"^[a-z][a-z0-9+.\-]*:", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Scheme();
}
