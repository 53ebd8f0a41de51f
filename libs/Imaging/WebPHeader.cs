using System.Buffers.Binary;

namespace QwenMesh.Imaging;

/// <summary>
/// The size that a WebP file asks for. libvips allocates the whole canvas when it opens the file, before it tells the size: a file of 470 bytes
/// took 1.2 GB.
/// </summary>
internal static class WebPHeader
{
    private const int FirstChunk = 12;
    private const int Payload = FirstChunk + 8;
    private const int LeastBytes = Payload + 10;
    private const int SideBits = 14;
    private const int SideMask = (1 << SideBits) - 1;

    /// <summary>Width and height of the canvas; null for what is no WebP header.</summary>
    public static PixelSize? ReadSize(ReadOnlySpan<byte> file)
    {
        if (file.Length < LeastBytes)
        {
            return null;
        }
        var type = file.Slice(FirstChunk, 4);
        var payload = file[Payload..];
        if (type.SequenceEqual("VP8X"u8))
        {
            return new PixelSize(1 + UInt24(payload[4..]), 1 + UInt24(payload[7..]));
        }
        if (type.SequenceEqual("VP8L"u8))
        {
            var packed = BinaryPrimitives.ReadUInt32LittleEndian(payload[1..]);
            return new PixelSize(1 + (int)(packed & SideMask), 1 + (int)((packed >> SideBits) & SideMask));
        }
        return type.SequenceEqual("VP8 "u8)
            ? new PixelSize(BinaryPrimitives.ReadUInt16LittleEndian(payload[6..]) & SideMask, BinaryPrimitives.ReadUInt16LittleEndian(payload[8..]) & SideMask)
            : null;
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}
