using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

/// <summary>A tensor on its way in. Its memory is at most twice what has come, so that a header with little behind it costs little.</summary>
internal sealed class GrowingTensor(TensorHeader header) : IDisposable
{
    private const int SmallestBuffer = 64 << 10;

    private byte[] _buffer = [];
    private int _received;

    public bool IsComplete => (ulong)_received == header.ByteLength;

    private string Label => WireTensor.Label(header.Name, header.Index);

    public string Incomplete() => $"tensor {Label} ended after {_received} of {header.ByteLength} bytes";

    /// <exception cref="WireFormatException">The chunk is not the next one, too long, or damaged.</exception>
    public void Append(TensorChunk chunk)
    {
        var data = chunk.Data.Span;
        if (data.Length is 0 or > TensorLimits.MaxChunkBytes)
        {
            throw new WireFormatException($"tensor {Label} has a chunk of {data.Length} bytes; 1 to {TensorLimits.MaxChunkBytes} are allowed");
        }
        if (chunk.Offset != (ulong)_received)
        {
            throw new WireFormatException($"tensor {Label} continues at {chunk.Offset}, expected {_received}");
        }
        if ((ulong)_received + (ulong)data.Length > header.ByteLength)
        {
            throw new WireFormatException($"tensor {Label} is longer than the announced {header.ByteLength} bytes");
        }
        if (Crc32C.Compute(data) != chunk.Crc32C)
        {
            throw new WireFormatException($"tensor {Label}: checksum mismatch in the chunk at {chunk.Offset}") { IsDamage = true };
        }
        Reserve(_received + data.Length);
        data.CopyTo(_buffer.AsSpan(_received));
        _received += data.Length;
    }

    /// <summary>The complete tensor, which owns the memory from now on.</summary>
    public WireTensor Take()
    {
        var tensor = new WireTensor(header.Name, (int)header.Index, header.Dtype, [.. header.Shape], _buffer, _received);
        _buffer = [];
        return tensor;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            TensorBuffers.Return(_buffer);
            _buffer = [];
        }
    }

    private void Reserve(int needed)
    {
        if (_buffer.Length >= needed)
        {
            return;
        }
        var size = Math.Min((int)header.ByteLength, Math.Max(needed, Math.Max(SmallestBuffer, 2L * _buffer.Length)));
        var larger = TensorBuffers.Rent((int)size);
        _buffer.AsSpan(0, _received).CopyTo(larger);
        Dispose();
        _buffer = larger;
    }
}
