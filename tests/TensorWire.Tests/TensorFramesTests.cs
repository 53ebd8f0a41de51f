using System.Runtime.InteropServices;
using Google.Protobuf;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire.Tests;

public sealed class TensorFramesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(1000, 4096)]
    [InlineData(300_000, 256 << 10)]
    [InlineData(1 << 20, 1 << 20)]
    public void A_tensor_survives_the_round_trip(int elements, int chunkBytes)
    {
        var bytes = RandomBytes(elements * 4);
        using var assembler = new TensorAssembler(new TensorLimits());
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("latents", DataType.Float32, [1, elements], bytes), 0, chunkBytes))
        {
            assembler.Accept(TensorFrame.Parser.ParseFrom(frame.ToByteArray()));
        }
        using var tensors = assembler.Complete();
        var tensor = tensors.Demand("latents");
        Assert.Equal([1L, elements], tensor.Shape);
        Assert.Equal(DataType.Float32, tensor.DataType);
        Assert.True(bytes.AsSpan().SequenceEqual(tensor.Bytes.Span));
    }

    [Fact]
    public void Several_tensors_travel_in_one_stream()
    {
        using var assembler = new TensorAssembler(new TensorLimits());
        foreach (var name in new[] { "a", "b", "c" })
        {
            foreach (var frame in TensorFrames.Split(new OutgoingTensor(name, DataType.Uint8, [name[0]], RandomBytes(name[0])), name[0], 16))
            {
                assembler.Accept(frame);
            }
        }
        using var tensors = assembler.Complete();
        Assert.Equal(["a", "b", "c"], tensors.All.Select(tensor => tensor.Name));
        Assert.All(tensors.All, tensor => Assert.Equal(tensor.Name[0], tensor.Bytes.Length));
    }

    /// <summary>Chunks must point into the caller's memory: tensors are tens of MiB.</summary>
    [Fact]
    public void Splitting_copies_nothing()
    {
        var bytes = RandomBytes(1 << 20);
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("x", DataType.Uint8, [bytes.Length], bytes), 3).Skip(1))
        {
            Assert.True(MemoryMarshal.TryGetArray(frame.Chunk.Data.Memory, out var segment));
            Assert.Same(bytes, segment.Array);
        }
    }

    [Fact]
    public void Splitting_refuses_bytes_that_do_not_fill_the_shape() =>
        Assert.Throws<ArgumentException>(() => TensorFrames.Split(new OutgoingTensor("x", DataType.Float32, [3], new byte[8]), 0));

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
