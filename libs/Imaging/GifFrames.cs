namespace QwenMesh.Imaging;

/// <summary>
/// Cuts a GIF file after its first frame. libvips looks at every frame when it opens a file, which takes long for a file of many tiny ones.
/// </summary>
internal static class GifFrames
{
    private const int HeaderBytes = 13;
    private const int DescriptorBytes = 10;
    private const byte Extension = 0x21;
    private const byte Frame = 0x2C;
    private const byte Trailer = 0x3B;

    /// <summary>The file with one frame; null when its blocks do not lead to the end mark.</summary>
    public static byte[]? KeepFirst(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes)
        {
            return null;
        }
        var (at, kept) = (HeaderBytes + TableBytes(file[10]), 0);
        while (at < file.Length)
        {
            switch (file[at])
            {
                case Trailer:
                    return kept > 0 ? [.. file[..kept], Trailer] : null;
                case Extension:
                    at = AfterBlocks(file, at + 2); // Mark and label.
                    break;
                case Frame when at + DescriptorBytes < file.Length:
                    at = AfterBlocks(file, at + DescriptorBytes + TableBytes(file[at + DescriptorBytes - 1]) + 1); // And the code size.
                    kept = kept > 0 ? kept : at;
                    break;
                default:
                    return null;
            }
        }
        return null;
    }

    // The highest bit says whether there is a colour table, the lowest three how large it is.
    private static int TableBytes(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

    /// <summary>Blocks of up to 255 bytes, each after its length; the last has none.</summary>
    private static int AfterBlocks(ReadOnlySpan<byte> file, int at)
    {
        while (at < file.Length && file[at] != 0)
        {
            at += 1 + file[at];
        }
        return at + 1;
    }
}
