using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace QwenMesh.TensorWire;

/// <summary>CRC-32C (Castagnoli, RFC 3720 B.4), initial value and final xor all ones: "123456789" gives 0xE3069283.</summary>
public static class Crc32C
{
    // The CRC instruction has a latency of three cycles and a throughput of one, so three lanes run side by side
    // and are joined with a table that advances a CRC over LaneBytes zeros.
    private const int LaneBytes = 4096;

    private static readonly uint[] AdvanceLane = BuildAdvanceTable();

    public static uint Compute(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        while (BitConverter.IsLittleEndian && data.Length >= 3 * LaneBytes)
        {
            crc = ThreeLanes(
                crc,
                MemoryMarshal.Cast<byte, ulong>(data[..LaneBytes]),
                MemoryMarshal.Cast<byte, ulong>(data.Slice(LaneBytes, LaneBytes)),
                MemoryMarshal.Cast<byte, ulong>(data.Slice(2 * LaneBytes, LaneBytes)));
            data = data[(3 * LaneBytes)..];
        }
        return ~Sequential(crc, data);
    }

    /// <summary>One lane, one word at a time: the definition that <see cref="Compute"/> must equal.</summary>
    internal static uint Sequential(uint crc, ReadOnlySpan<byte> data)
    {
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }
        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        return crc;
    }

    // Words from spans of equal length: with the bounds checks gone it runs about five times as fast as reading at byte offsets.
    private static uint ThreeLanes(uint crc, ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second, ReadOnlySpan<ulong> third)
    {
        second = second[..first.Length];
        third = third[..first.Length];
        uint a = crc, b = 0, c = 0;
        for (var i = 0; i < first.Length; i++)
        {
            a = BitOperations.Crc32C(a, first[i]);
            b = BitOperations.Crc32C(b, second[i]);
            c = BitOperations.Crc32C(c, third[i]);
        }
        return Advance(Advance(a) ^ b) ^ c;
    }

    private static uint Advance(uint crc) =>
        AdvanceLane[crc & 0xFF]
        ^ AdvanceLane[256 + ((crc >> 8) & 0xFF)]
        ^ AdvanceLane[512 + ((crc >> 16) & 0xFF)]
        ^ AdvanceLane[768 + (crc >> 24)];

    private static uint[] BuildAdvanceTable()
    {
        var table = new uint[4 * 256];
        for (var lane = 0; lane < 4; lane++)
        {
            for (var value = 0; value < 256; value++)
            {
                var crc = (uint)value << (8 * lane);
                for (var i = 0; i < LaneBytes; i += sizeof(ulong))
                {
                    crc = BitOperations.Crc32C(crc, 0UL);
                }
                table[lane * 256 + value] = crc;
            }
        }
        return table;
    }
}
