using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>Message frames, right and wrong, written without the code under test.</summary>
internal static class Frames
{
    public static byte[] Message(IMessage message) => Frame(0, message.ToByteArray());

    public static byte[] Frame(byte flag, byte[] payload) => [.. Header(flag, (uint)payload.Length), .. payload];

    public static byte[] Header(byte flag, uint length)
    {
        var header = new byte[5];
        header[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), length);
        return header;
    }

    public static byte[] Gzip(byte[] plain)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.SmallestSize))
        {
            gzip.Write(plain);
        }

        return output.ToArray();
    }

    public static byte[] Gunzip(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }

    public static IReadOnlyList<(bool Compressed, byte[] Payload)> Split(byte[] body)
    {
        var messages = new List<(bool, byte[])>();
        for (var at = 0; at < body.Length;)
        {
            Assert.True(body.Length - at >= 5, "a message header is cut off");
            Assert.InRange(body[at], 0, 1);
            var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            Assert.InRange(length, 0, body.Length - at - 5);
            messages.Add((body[at] == 1, body.AsSpan(at + 5, length).ToArray()));
            at += 5 + length;
        }

        return messages;
    }
}
