using System.Buffers.Binary;

namespace QwenMesh.Imaging;

/// <summary>
/// Leaves out of a WebP file all but the first frame and what it needs. libwebp looks at every frame when it opens a file, each time from the
/// first: 680,000 of them in 30 MiB took more than 100 seconds.
/// </summary>
internal static class WebPFrames
{
    private const int HeaderBytes = 12; // RIFF, length, WEBP.
    private const int ChunkHeader = 8; // Type and length.

    private static readonly string[] Needed = ["VP8X", "ICCP", "ANIM", "ANMF", "ALPH", "VP8 ", "VP8L", "EXIF"];

    /// <summary>The file with the first chunk of every kind that is needed; null when its chunks do not lead to its end.</summary>
    public static byte[]? KeepFirst(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes)
        {
            return null;
        }
        var end = ChunkHeader + (long)BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
        if (end > file.Length)
        {
            return null;
        }
        var kept = new byte[file.Length];
        file[..HeaderBytes].CopyTo(kept);
        var (written, seen) = (HeaderBytes, 0);
        for (var at = HeaderBytes; at + ChunkHeader <= end;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            var whole = ChunkHeader + (long)length + (length & 1); // An odd one is filled up.
            if (at + ChunkHeader + (long)length > end)
            {
                return null;
            }
            var chunk = file.Slice(at, (int)Math.Min(whole, file.Length - at));
            var kind = KindOf(chunk);
            if (kind >= 0 && (seen & (1 << kind)) == 0)
            {
                seen |= 1 << kind;
                chunk.CopyTo(kept.AsSpan(written));
                written += chunk.Length;
            }
            at = (int)Math.Min(at + whole, file.Length);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(kept.AsSpan(4), (uint)(written - ChunkHeader));
        return kept[..written];
    }

    private static int KindOf(ReadOnlySpan<byte> chunk)
    {
        for (var kind = 0; kind < Needed.Length; kind++)
        {
            if (System.Text.Ascii.Equals(chunk[..4], Needed[kind]))
            {
                return kind;
            }
        }
        return -1;
    }
}
