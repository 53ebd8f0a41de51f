using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Wire;

/// <summary>The five bytes before every message: a flag that says whether it is compressed, and its length in big endian.</summary>
internal static class MessageFrame
{
    public const int HeaderSize = 5;

    public static void WriteHeader(Span<byte> destination, bool compressed, int length)
    {
        destination[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
    }

    /// <summary>Reads flag and length as they stand; false when fewer than five bytes are there.</summary>
    public static bool TryReadHeader(in ReadOnlySequence<byte> source, out byte flag, out uint length)
    {
        if (source.Length < HeaderSize)
        {
            flag = 0;
            length = 0;
            return false;
        }

        var header = source.FirstSpan;
        if (header.Length >= HeaderSize)
        {
            flag = header[0];
            length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
            return true;
        }

        Span<byte> copy = stackalloc byte[HeaderSize];
        source.Slice(0, HeaderSize).CopyTo(copy);
        flag = copy[0];
        length = BinaryPrimitives.ReadUInt32BigEndian(copy[1..]);
        return true;
    }
}
