using Google.Protobuf;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>Good calls with one fault in their tensor frames or in their order. No stage may accept one.</summary>
internal static class MutatedFrames
{
    private static readonly long[] Axes = [0, -1, 3, 1L << 20, 1L << 40, long.MaxValue, long.MinValue];

    // Of a header and its chunks.
    private static readonly Action<List<TensorFrame>, Random>[] Faults =
    [
        (frames, random) => frames.RemoveAt(random.Next(frames.Count)),
        (frames, random) => frames.Insert(random.Next(frames.Count), frames[random.Next(frames.Count)].Clone()),
        (frames, random) => (frames[0], frames[^1]) = (frames[^1], frames[0]),
        (frames, random) => frames.Insert(random.Next(frames.Count), new TensorFrame()),
        (frames, random) => frames.Insert(0, frames[0].Clone()),
        (frames, random) => frames.Add(Chunk(frames, random).Clone()),
        (frames, random) => Chunk(frames, random).Chunk.Offset ^= 1UL << random.Next(64),
        (frames, random) => Chunk(frames, random).Chunk.Crc32C ^= 1U << random.Next(32),
        (frames, random) => Replace(Chunk(frames, random), data => { data[random.Next(data.Length)] ^= (byte)(1 << random.Next(8)); return data; }, sum: false),
        (frames, random) => Replace(Chunk(frames, random), data => data[..^1]),
        (frames, random) => Replace(Chunk(frames, random), data => [.. data, 0]),
        (frames, random) => Replace(Chunk(frames, random), _ => []),
        (frames, random) => Replace(Chunk(frames, random), _ => new byte[TensorLimits.MaxChunkBytes + 1]),
        (frames, random) => frames[random.Next(frames.Count)].TensorId += (uint)random.Next(1, 100),
        (frames, random) => frames[0].Header.Index = random.Next(2) == 0 ? (uint)random.Next(1, 100) : uint.MaxValue - (uint)random.Next(100),
        (frames, random) => frames[0].Header.ByteLength ^= 1UL << random.Next(64),
        (frames, random) => frames[0].Header.Shape[random.Next(frames[0].Header.Shape.Count)] = Axes[random.Next(Axes.Length)],
        (frames, random) => frames[0].Header.Shape.AddRange(Enumerable.Repeat(1L, random.Next(1, 100))),
        (frames, random) => frames[0].Header.Shape.Clear(),
        (frames, random) => frames[0].Header.Dtype = (DataType)(random.Next(2) == 0 ? random.Next(4, 100) : -random.Next(0, 100)),
        (frames, random) => frames[0].Header.Name = random.Next(3) switch { 0 => "", 1 => "other", _ => new string('n', 100_000) },
    ];

    public static byte[] Of(Target target, Random random)
    {
        // The Encoder takes no tensor: any is one too many.
        var frames = (target.Frames.Count > 0 ? target.Frames : Foreign()).Select(frame => frame.Clone()).ToList();
        var order = random.Next(Faults.Length + 3);
        if (order < Faults.Length)
        {
            Faults[order](frames, random);
        }
        var messages = frames.Select(target.Wrap);
        return MessageFrames.Of((order - Faults.Length) switch
        {
            0 => messages,
            1 => [target.Parameters, .. messages, target.Parameters],
            2 => [.. messages, target.Parameters],
            _ => [target.Parameters, .. messages],
        });
    }

    private static TensorFrame Chunk(List<TensorFrame> frames, Random random) => frames[random.Next(1, frames.Count)];

    private static void Replace(TensorFrame frame, Func<byte[], byte[]> change, bool sum = true)
    {
        var data = change(frame.Chunk.Data.ToByteArray());
        frame.Chunk.Data = UnsafeByteOperations.UnsafeWrap(data);
        if (sum)
        {
            frame.Chunk.Crc32C = Crc32C.Compute(data);
        }
    }

    private static IReadOnlyList<TensorFrame> Foreign() => [.. TensorFrames.Split(new OutgoingTensor("image", DataType.Uint8, [10, 300], new byte[3000]), 0, 1000)];
}
