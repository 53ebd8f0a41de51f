using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;

namespace QwenMesh.Wire.Tests.Raw;

/// <summary>gRPC's message frames, right and wrong: a flag, four bytes of length, the message.</summary>
internal static class MessageFrames
{
    public static byte[] Of(IEnumerable<IMessage> messages) => [.. messages.SelectMany(message => Frame(0, message.ToByteArray()))];

    public static byte[] Frame(byte flag, byte[] payload) => [.. Header(flag, (uint)payload.Length), .. payload];

    public static byte[] Header(byte flag, uint length)
    {
        var header = new byte[5];
        header[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), length);
        return header;
    }

    /// <summary>A gzip stream of zeros.</summary>
    public static byte[] GzipOfZeros(int length)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.SmallestSize))
        {
            var block = new byte[64 << 10];
            for (var left = length; left > 0; left -= block.Length)
            {
                gzip.Write(block, 0, Math.Min(left, block.Length));
            }
        }
        return output.ToArray();
    }
}
