using System.Buffers;
using System.Buffers.Text;

namespace QwenMesh.Gateway.Pictures;

/// <summary>Base64 to bytes: the standard alphabet with its padding; spaces and line ends between characters do not count.</summary>
internal static class Base64Picture
{
    /// <exception cref="PictureException">Not base64, or more bytes than <paramref name="options"/> accept.</exception>
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<char> text, PictureOptions options)
    {
        var characters = text.Length - CountSpaces(text.Span);
        if (characters == 0)
        {
            throw new PictureException(PictureFaultKind.Malformed, "the picture is empty");
        }
        // Padding makes the file up to two bytes shorter.
        var bytes = ((long)characters + 3) / 4 * 3;
        options.CheckFile(bytes - 2);
        var file = new byte[bytes];
        return Convert.TryFromBase64Chars(text.Span, file, out var written)
            ? file.AsMemory(0, written)
            : throw new PictureException(PictureFaultKind.Malformed, "the picture is neither an address, a data URI nor valid base64");
    }

    /// <summary>As above, for text as it stands in a body.</summary>
    /// <exception cref="PictureException">Not base64, or more bytes than <paramref name="options"/> accept.</exception>
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> utf8, PictureOptions options)
    {
        if (utf8.IsEmpty)
        {
            throw new PictureException(PictureFaultKind.Malformed, "the picture is empty");
        }
        var bytes = Base64.GetMaxDecodedFromUtf8Length(utf8.Length);
        options.CheckFile(bytes - 2L);
        var file = new byte[bytes];
        return Base64.DecodeFromUtf8(utf8, file, out _, out var written) == OperationStatus.Done
            ? file.AsMemory(0, written)
            : throw new PictureException(PictureFaultKind.Malformed, "the picture is neither an address, a data URI nor valid base64");
    }

    private static int CountSpaces(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var character in text)
        {
            count += character is ' ' or '\t' or '\r' or '\n' ? 1 : 0;
        }
        return count;
    }
}
