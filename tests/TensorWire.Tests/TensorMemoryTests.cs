using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire.Tests;

/// <summary>What a receiver allocates, on this thread: it follows what has come. The pool may have arrays at hand, so these are upper bounds.</summary>
public sealed class TensorMemoryTests
{
    private const int Announced = 256 << 20;
    private const int Kibibyte = 1 << 10;

    [Theory]
    [InlineData(0, 16 * Kibibyte)]
    [InlineData(1, 128 * Kibibyte)]
    [InlineData(64 * Kibibyte, 256 * Kibibyte)]
    [InlineData(1024 * Kibibyte, 4096 * Kibibyte)]
    public void Memory_follows_the_bytes_that_have_come(int received, long most)
    {
        var frames = Frames(received).ToArray();
        Receive(Frames(1)); // Compiles the code.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Receive(frames);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, most);
    }

    /// <summary>Buffers that grow, are handed out and given back are never shared by two tensors.</summary>
    [Fact]
    public void Tensors_that_grow_side_by_side_keep_their_bytes()
    {
        var first = Bytes(3_000_000, seed: 1);
        var second = Bytes(2_500_001, seed: 2);
        using var one = new TensorAssembler(new TensorLimits());
        using var other = new TensorAssembler(new TensorLimits());
        using var frames = TensorFrames.Split(new OutgoingTensor("x", DataType.Uint8, [second.Length], second), 0, 70_001).GetEnumerator();
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("x", DataType.Uint8, [first.Length], first), 0, 50_000))
        {
            one.Accept(frame);
            if (frames.MoveNext())
            {
                other.Accept(frames.Current);
            }
        }
        Assert.False(frames.MoveNext());
        using var x = one.Complete();
        using var y = other.Complete();
        Assert.True(first.AsSpan().SequenceEqual(x.Demand("x").Bytes.Span));
        Assert.True(second.AsSpan().SequenceEqual(y.Demand("x").Bytes.Span));
    }

    /// <summary>The pool would keep it, rounded up to a power of two.</summary>
    [Fact]
    public void A_large_tensor_has_memory_of_its_size_which_is_free_when_it_is_given_back()
    {
        const int Length = TensorBuffers.LargestPooled + 1;
        var buffer = Use(Length);
        GC.Collect();
        Assert.False(buffer.TryGetTarget(out _));

        // Nothing of this method may hold it afterwards.
        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference<byte[]> Use(int length)
        {
            using var assembler = new TensorAssembler(new TensorLimits());
            foreach (var frame in TensorFrames.Split(new OutgoingTensor("x", DataType.Uint8, [length], new byte[length]), 0, TensorLimits.MaxChunkBytes))
            {
                assembler.Accept(frame);
            }
            using var tensors = assembler.Complete();
            Assert.True(MemoryMarshal.TryGetArray(tensors.Demand("x").Bytes, out var array));
            Assert.Equal(length, array.Array!.Length);
            return new WeakReference<byte[]>(array.Array);
        }
    }

    private static void Receive(IEnumerable<TensorFrame> frames)
    {
        using var assembler = new TensorAssembler(new TensorLimits());
        foreach (var frame in frames)
        {
            assembler.Accept(frame);
        }
        Assert.Throws<WireFormatException>(assembler.Complete);
    }

    /// <summary>A header that announces 256 MiB, and the first bytes in chunks of 32 KiB.</summary>
    private static IEnumerable<TensorFrame> Frames(int received)
    {
        yield return new TensorFrame { Header = new TensorHeader { Name = "x", Dtype = DataType.Uint8, Shape = { Announced }, ByteLength = Announced } };
        for (var offset = 0; offset < received; offset += 32 * Kibibyte)
        {
            var data = new byte[Math.Min(received - offset, 32 * Kibibyte)];
            yield return new TensorFrame
            {
                Chunk = new TensorChunk { Offset = (ulong)offset, Data = UnsafeByteOperations.UnsafeWrap(data), Crc32C = Crc32C.Compute(data) },
            };
        }
    }

    private static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
