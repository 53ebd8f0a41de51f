using Google.Protobuf;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire.Tests;

public sealed class TensorAssemblerTests
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];

    public static TheoryData<string, TensorFrame[]> Broken => new()
    {
        { "neither a header nor a chunk", [new TensorFrame()] },
        { "without a header", [Chunk(0, Payload)] },
        { "0 axes", [Header(shape: [])] },
        { "9 axes", [Header(shape: [1, 1, 1, 1, 1, 1, 1, 1, 64])] },
        { "impossible shape", [Header(shape: [-64])] },
        { "impossible shape", [Header(shape: [0])] },
        { "impossible shape", [Header(shape: [long.MaxValue, 2])] },
        { "announces 63 bytes", [Header(length: 63)] },
        { "not an element type", [Header(dtype: DataType.Unspecified)] },
        { "not an element type", [Header(dtype: (DataType)99)] },
        { "0 characters", [Header(name: "")] },
        { "200 characters", [Header(name: new string('x', 200))] },
        { "beyond the limit of 1024 bytes", [Header(shape: [2048], length: 2048)] },
        { "beyond the limit of 1024 bytes", [Header(shape: [1000], length: 1000), Header(index: 1, id: 1)] },
        { "'x' was sent twice", [Header(), Chunk(0, Payload), Header(id: 1)] },
        { "'x[3]' was sent twice", [Header(index: 3), Header(index: 3, id: 1)] },
        { "'y' has the id 7, which another tensor of the call has", [Header(id: 7), Header(name: "y", id: 7)] },
        { "'y' has the id 7, which another tensor of the call has", [Header(id: 7), Chunk(0, Payload, id: 7), Header(name: "y", id: 7)] },
        { "the id 1 came without a header", [Header(), Chunk(0, Payload, id: 1)] },
        { "'x[2]' continues at 8, expected 0", [Header(), Chunk(0, Payload[..8]), Header(index: 2, id: 1), Chunk(8, Payload[8..], id: 1)] },
        { "continues at 8, expected 0", [Header(), Chunk(8, Payload)] },
        { "continues at 0, expected 32", [Header(), Chunk(0, Payload[..32]), Chunk(0, Payload[..32])] },
        { "longer than the announced", [Header(shape: [32], length: 32), Chunk(0, Payload)] },
        { "chunk of 0 bytes", [Header(), Chunk(0, [])] },
        { "checksum mismatch", [Header(), Chunk(0, Payload, crc: 1)] },
        { "without a header, or after its tensor was complete", [Header(), Chunk(0, Payload), Chunk(64, Payload)] },
        { "more than 2 tensors", [.. Whole("a", 0), .. Whole("b", 1), .. Whole("c", 2)] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Refuses_what_breaks_the_contract(string reason, TensorFrame[] frames)
    {
        using var assembler = new TensorAssembler(new TensorLimits(MaxBytes: 1024, MaxTensors: 2));
        var exception = Assert.Throws<WireFormatException>(() =>
        {
            foreach (var frame in frames)
            {
                assembler.Accept(frame);
            }
        });
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_stream_that_ends_inside_a_tensor()
    {
        using var assembler = new TensorAssembler(new TensorLimits());
        assembler.Accept(Header());
        assembler.Accept(Chunk(0, Payload[..10]));
        var exception = Assert.Throws<WireFormatException>(() => assembler.Complete());
        Assert.Contains("10 of 64", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever bytes arrive, the only failure is the named one, and nothing is accepted that was not sent.</summary>
    [Fact]
    public void Random_frames_never_fail_otherwise()
    {
        var random = new Random(11);
        var refused = 0;
        for (var round = 0; round < 5000; round++)
        {
            using var assembler = new TensorAssembler(new TensorLimits(MaxBytes: 4096, MaxTensors: 3));
            try
            {
                for (var i = random.Next(1, 6); i > 0; i--)
                {
                    var bytes = (random.Next(2) == 0 ? Header(shape: [random.Next(-2, 100)], length: random.Next(0, 100)) : Chunk(random.Next(0, 3) * 32, Payload[..random.Next(64)])).ToByteArray();
                    if (bytes.Length > 0 && random.Next(2) == 0)
                    {
                        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    }
                    assembler.Accept(TensorFrame.Parser.ParseFrom(bytes));
                }
                assembler.Complete().Dispose();
            }
            catch (Exception exception) when (exception is WireFormatException or InvalidProtocolBufferException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 4000, 5000);
    }

    private static TensorFrame[] Whole(string name, uint id) => [Header(name, id: id), Chunk(0, Payload, id: id)];

    private static TensorFrame Header(string name = "x", DataType dtype = DataType.Uint8, long[]? shape = null, long length = 64, uint index = 0, uint id = 0)
    {
        var header = new TensorHeader { Name = name, Index = index, Dtype = dtype, ByteLength = (ulong)length };
        header.Shape.AddRange(shape ?? [64]);
        return new TensorFrame { TensorId = id, Header = header };
    }

    private static TensorFrame Chunk(long offset, byte[] data, uint? crc = null, uint id = 0) => new()
    {
        TensorId = id,
        Chunk = new TensorChunk { Offset = (ulong)offset, Data = ByteString.CopyFrom(data), Crc32C = crc ?? Crc32C.Compute(data) },
    };
}
