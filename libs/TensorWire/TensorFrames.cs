using Google.Protobuf;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

/// <summary>A tensor as a header frame and its chunk frames.</summary>
public static class TensorFrames
{
    public const int DefaultChunkBytes = 512 << 10;

    /// <summary>
    /// Splits a tensor into frames. The chunks wrap its bytes without a copy, so the memory must stay as it is until the last frame has been written.
    /// </summary>
    /// <param name="tensor">What to send.</param>
    /// <param name="id">Number of the tensor in its direction of its call.</param>
    /// <param name="chunkBytes">Bytes of each chunk but the last, 1 to 1 MiB.</param>
    /// <exception cref="ArgumentException">The bytes do not fit the shape and type.</exception>
    public static IEnumerable<TensorFrame> Split(OutgoingTensor tensor, uint id, int chunkBytes = DefaultChunkBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunkBytes, TensorLimits.MaxChunkBytes);
        var header = new TensorHeader { Name = tensor.Name, Index = (uint)tensor.Index, Dtype = tensor.DataType, ByteLength = (ulong)tensor.Bytes.Length };
        header.Shape.AddRange(tensor.Shape);
        if (Elements(header) * tensor.DataType.Size() != tensor.Bytes.Length)
        {
            throw new ArgumentException(
                $"{tensor.Name}: {tensor.Bytes.Length} bytes do not fill {tensor.DataType} [{string.Join(", ", header.Shape)}]", nameof(tensor));
        }
        return Frames(header, id, tensor.Bytes, chunkBytes);
    }

    /// <summary>An announced shape for a message; how many axes it has when they are too many.</summary>
    public static string DescribeShape(TensorHeader header) =>
        header.Shape.Count > TensorLimits.MaxRank ? $"of {header.Shape.Count} axes" : $"[{string.Join(", ", header.Shape)}]";

    /// <summary>Number of elements of an announced tensor.</summary>
    /// <exception cref="WireFormatException">Too many axes, an axis below 1, or a product that overflows.</exception>
    internal static long Elements(TensorHeader header)
    {
        if (header.Shape.Count is 0 or > TensorLimits.MaxRank)
        {
            throw new WireFormatException($"tensor '{Echo.Name(header.Name)}' has {header.Shape.Count} axes; 1 to {TensorLimits.MaxRank} are allowed");
        }
        long elements = 1;
        foreach (var axis in header.Shape)
        {
            if (axis < 1 || elements > long.MaxValue / 8 / axis)
            {
                throw new WireFormatException($"tensor '{Echo.Name(header.Name)}' has the impossible shape [{string.Join(", ", header.Shape)}]");
            }
            elements *= axis;
        }
        return elements;
    }

    private static IEnumerable<TensorFrame> Frames(TensorHeader header, uint id, ReadOnlyMemory<byte> bytes, int chunkBytes)
    {
        yield return new TensorFrame { TensorId = id, Header = header };
        for (var offset = 0; offset < bytes.Length; offset += chunkBytes)
        {
            var data = bytes.Slice(offset, Math.Min(chunkBytes, bytes.Length - offset));
            yield return new TensorFrame
            {
                TensorId = id,
                Chunk = new TensorChunk
                {
                    Offset = (ulong)offset,
                    Data = UnsafeByteOperations.UnsafeWrap(data),
                    Crc32C = Crc32C.Compute(data.Span),
                },
            };
        }
    }
}
