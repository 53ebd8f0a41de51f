namespace QwenMesh.Imaging;

/// <summary>Names of formats that are not accepted, by the first bytes, so that the refusal can say what was sent.</summary>
internal static class OtherFormats
{
    private const int TextSearched = 512;

    /// <summary>E.g. "TIFF"; null for what is nothing of the kind.</summary>
    public static string? Name(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8) || file.StartsWith("II+\0"u8) || file.StartsWith("MM\0+"u8))
        {
            return "TIFF";
        }
        if (file.StartsWith("%PDF-"u8))
        {
            return "PDF";
        }
        if (file.Length >= 26 && file.StartsWith("BM"u8) && file[6..10].IndexOfAnyExcept((byte)0) < 0)
        {
            return "BMP";
        }
        if (file.StartsWith("\0\0\x1\0"u8))
        {
            return "ICO";
        }
        if (file.StartsWith("\0\0\0\x0CJXL "u8) || file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]))
        {
            return "JPEG XL";
        }
        if (file.StartsWith("\0\0\0\x0CjP  "u8) || file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]))
        {
            return "JPEG 2000";
        }
        if (file.Length >= 12 && file[4..8].SequenceEqual("ftyp"u8))
        {
            return file[8..12].StartsWith("avi"u8) ? "AVIF" : "HEIF or MP4";
        }
        if (file.StartsWith("8BPS"u8))
        {
            return "Photoshop";
        }
        var text = file[..Math.Min(file.Length, TextSearched)];
        return text.IndexOf("<svg"u8) >= 0 ? "SVG" : null;
    }
}
