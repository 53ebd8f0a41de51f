using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire.Tests;

/// <summary>Tensors that share a name, or a stream.</summary>
public sealed class SeveralTensorsTests
{
    [Fact]
    public void Frames_of_different_tensors_may_be_mixed()
    {
        // Ids as a sender may choose them, and indices in another order than the tensors begin.
        (uint Id, int Index, byte[] Bytes)[] pictures = [(uint.MaxValue, 2, Bytes(200_000)), (0, 0, Bytes(3)), (17, 1, Bytes(70_001))];
        var streams = pictures.Select(picture => new Queue<TensorFrame>(TensorFrames.Split(Picture(picture.Index, picture.Bytes), picture.Id, 1000))).ToList();
        var random = new Random(3);
        using var assembler = new TensorAssembler(new TensorLimits());
        while (streams.Count > 0)
        {
            var next = streams[random.Next(streams.Count)];
            assembler.Accept(next.Dequeue());
            streams.RemoveAll(stream => stream.Count == 0);
        }
        using var tensors = assembler.Complete();
        foreach (var (_, index, bytes) in pictures)
        {
            Assert.True(bytes.AsSpan().SequenceEqual(tensors.Demand("image", index).Bytes.Span), $"image[{index}]");
        }
        Assert.Equal([0, 1, 2], tensors.Series("image").Select(tensor => tensor.Index));
    }

    [Fact]
    public void A_missing_index_is_named()
    {
        using var tensors = Received(Picture(0, [1]), Picture(2, [3]));
        Assert.Equal("tensor 'image[1]' is missing", Assert.Throws<WireFormatException>(() => tensors.Series("image")).Message);
        Assert.Equal("tensor 'image[1]' is missing", Assert.Throws<WireFormatException>(() => tensors.Demand("image", 1)).Message);
        Assert.Null(tensors.Find("image", 1));
        Assert.Equal(2, tensors.Find("image", 2)!.Index);
    }

    [Fact]
    public void A_series_begins_with_index_0()
    {
        using var tensors = Received(Picture(1, [1]));
        Assert.Equal("tensor 'image' is missing", Assert.Throws<WireFormatException>(() => tensors.Series("image")).Message);
        Assert.Empty(tensors.Series("mask"));
    }

    [Fact]
    public void An_index_beyond_any_list_is_no_crash()
    {
        using var assembler = new TensorAssembler(new TensorLimits());
        assembler.Accept(new TensorFrame
        {
            Header = new TensorHeader { Name = "image", Index = uint.MaxValue, Dtype = DataType.Uint8, Shape = { 1 }, ByteLength = 1 },
        });
        Assert.Equal("tensor 'image[4294967295]' ended after 0 of 1 bytes", Assert.Throws<WireFormatException>(assembler.Complete).Message);
    }

    [Fact]
    public void Names_that_differ_in_case_are_different()
    {
        using var tensors = Received(Picture(0, [1]), Picture(0, [2]) with { Name = "Image" });
        Assert.Equal(1, tensors.Demand("image").Bytes.Span[0]);
        Assert.Equal(2, tensors.Demand("Image").Bytes.Span[0]);
    }

    [Fact]
    public void A_tensor_that_was_taken_outlives_the_others()
    {
        var tensors = Received(Picture(0, [1]), Picture(1, [2]));
        var left = tensors.Demand("image");
        var taken = tensors.Take(tensors.Demand("image", 1));
        tensors.Dispose();
        Assert.Throws<ObjectDisposedException>(() => left.Bytes);
        Assert.Equal([2], taken.Bytes.ToArray());
        taken.Dispose();
        Assert.Throws<ArgumentException>(() => tensors.Take(taken));
    }

    /// <summary>A header is checked by the call before anything is kept for it.</summary>
    [Fact]
    public void The_call_may_refuse_a_header()
    {
        using var assembler = new TensorAssembler(new TensorLimits(), header => throw new WireFormatException($"no {header.Name}", "frame.header.name"));
        var refused = Assert.Throws<WireFormatException>(() => assembler.Accept(TensorFrames.Split(Picture(0, [1]), 0).First()));
        Assert.Equal(("no image", "frame.header.name"), (refused.Message, refused.Field));
    }

    private static OutgoingTensor Picture(int index, byte[] bytes) => new("image", DataType.Uint8, [bytes.Length], bytes, index);

    private static ReceivedTensors Received(params OutgoingTensor[] sent)
    {
        using var assembler = new TensorAssembler(new TensorLimits());
        for (var i = 0; i < sent.Length; i++)
        {
            foreach (var frame in TensorFrames.Split(sent[i], (uint)i))
            {
                assembler.Accept(frame);
            }
        }
        return assembler.Complete();
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
