using System.Buffers.Binary;
using System.IO.Compression;

namespace QwenMesh.Imaging;

/// <summary>The colour profile of a PNG file, unpacked to a bound: libpng, which would unpack any amount, does not see it.</summary>
internal static class PngProfile
{
    private const int SignatureBytes = 8;
    private const int ChunkOverhead = 12; // Length, type and checksum.
    private const int MaxNameBytes = 79;

    /// <summary>The iCCP chunk before the pixels; null when there is none, or none that can be read.</summary>
    public static byte[]? Read(ReadOnlySpan<byte> file)
    {
        var rest = file[Math.Min(SignatureBytes, file.Length)..];
        while (rest.Length >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            var type = rest.Slice(4, 4);
            if (length > rest.Length - ChunkOverhead || type.SequenceEqual("IDAT"u8))
            {
                return null;
            }
            if (type.SequenceEqual("iCCP"u8))
            {
                return Unpack(rest.Slice(8, (int)length));
            }
            rest = rest[((int)length + ChunkOverhead)..];
        }
        return null;
    }

    /// <summary>Name, 0, method 0, zlib data.</summary>
    private static byte[]? Unpack(ReadOnlySpan<byte> chunk)
    {
        var name = chunk.IndexOf((byte)0);
        if (name is < 0 or > MaxNameBytes || chunk.Length < name + 2 || chunk[name + 1] != 0)
        {
            return null;
        }
        try
        {
            using var packed = new MemoryStream(chunk[(name + 2)..].ToArray());
            using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
            var profile = new byte[VipsColours.MaxProfileBytes + 1];
            var length = zlib.ReadAtLeast(profile, profile.Length, throwOnEndOfStream: false);
            return length < profile.Length ? profile[..length] : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
