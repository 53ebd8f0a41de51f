using System.Buffers;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

/// <summary>
/// Puts the frames of one direction of one call together. Everything is checked before it is stored: names, types, shapes, sizes
/// against the limits, order, gaps, checksums. Memory follows the bytes that have come, not what a header announces. Not thread-safe. Disposing returns what was not handed out by <see cref="Complete"/>.
/// </summary>
public sealed class TensorAssembler(TensorLimits limits) : IDisposable
{
    private const int SmallestBuffer = 64 << 10;

    private readonly Dictionary<string, WireTensor> _done = new(StringComparer.Ordinal);
    private TensorHeader? _open;
    private byte[] _buffer = [];
    private int _received;
    private long _announced;

    /// <summary>Takes the next frame.</summary>
    /// <exception cref="WireFormatException">The frame breaks the contract or a limit; the message names the tensor.</exception>
    public void Accept(TensorFrame frame)
    {
        switch (frame.KindCase)
        {
            case TensorFrame.KindOneofCase.Header:
                Begin(frame.Header);
                break;
            case TensorFrame.KindOneofCase.Chunk:
                Append(frame.Chunk);
                break;
            default:
                throw new WireFormatException("a tensor frame carries neither a header nor a chunk");
        }
    }

    /// <summary>Ends the stream and hands the tensors over; the caller disposes them.</summary>
    /// <exception cref="WireFormatException">A tensor is incomplete.</exception>
    public IReadOnlyDictionary<string, WireTensor> Complete()
    {
        if (_open is not null)
        {
            throw new WireFormatException($"tensor '{Echo.Name(_open.Name)}' ended after {_received} of {_open.ByteLength} bytes");
        }
        var tensors = new Dictionary<string, WireTensor>(_done, StringComparer.Ordinal);
        _done.Clear();
        return tensors;
    }

    public void Dispose()
    {
        _open = null;
        ReturnBuffer();
        foreach (var tensor in _done.Values)
        {
            tensor.Dispose();
        }
        _done.Clear();
    }

    private void Begin(TensorHeader header)
    {
        if (_open is not null)
        {
            throw new WireFormatException($"tensor '{Echo.Name(_open.Name)}' was cut off after {_received} of {_open.ByteLength} bytes");
        }
        if (header.Name.Length == 0 || header.Name.Length > limits.MaxNameLength)
        {
            throw new WireFormatException($"a tensor's name has {header.Name.Length} characters; 1 to {limits.MaxNameLength} are allowed");
        }
        if (_done.ContainsKey(header.Name))
        {
            throw new WireFormatException($"tensor '{Echo.Name(header.Name)}' was sent twice");
        }
        if (_done.Count == limits.MaxTensors)
        {
            throw new WireFormatException($"more than {limits.MaxTensors} tensors in one call");
        }
        var elements = TensorFrames.Elements(header);
        var size = header.Dtype.Size();
        if (elements > long.MaxValue / size || (ulong)(elements * size) != header.ByteLength)
        {
            throw new WireFormatException(
                $"tensor '{Echo.Name(header.Name)}' announces {header.ByteLength} bytes for {header.Dtype} [{string.Join(", ", header.Shape)}]");
        }
        if (header.ByteLength > (ulong)Math.Min(limits.MaxBytes - _announced, Array.MaxLength))
        {
            throw new WireFormatException($"tensor '{Echo.Name(header.Name)}' takes the call beyond the limit of {limits.MaxBytes} bytes");
        }
        _announced += (long)header.ByteLength;
        _open = header;
        _received = 0;
    }

    private void Append(TensorChunk chunk)
    {
        if (_open is null)
        {
            throw new WireFormatException("a chunk came without a header, or after its tensor was complete");
        }
        var data = chunk.Data.Span;
        if (data.Length is 0 or > TensorLimits.MaxChunkBytes)
        {
            throw new WireFormatException($"tensor '{Echo.Name(_open.Name)}' has a chunk of {data.Length} bytes; 1 to {TensorLimits.MaxChunkBytes} are allowed");
        }
        if (chunk.Offset != (ulong)_received)
        {
            throw new WireFormatException($"tensor '{Echo.Name(_open.Name)}' continues at {chunk.Offset}, expected {_received}");
        }
        if ((ulong)_received + (ulong)data.Length > _open.ByteLength)
        {
            throw new WireFormatException($"tensor '{Echo.Name(_open.Name)}' is longer than the announced {_open.ByteLength} bytes");
        }
        if (Crc32C.Compute(data) != chunk.Crc32C)
        {
            throw new WireFormatException($"tensor '{Echo.Name(_open.Name)}': checksum mismatch in the chunk at {chunk.Offset}");
        }
        Reserve(_received + data.Length, (int)_open.ByteLength);
        data.CopyTo(_buffer.AsSpan(_received));
        _received += data.Length;
        if ((ulong)_received == _open.ByteLength)
        {
            _done.Add(_open.Name, new WireTensor(_open.Name, _open.Dtype, [.. _open.Shape], _buffer, _received));
            _open = null;
            _buffer = [];
        }
    }

    // At most twice what has come, so that a header with little behind it costs little.
    private void Reserve(int needed, int announced)
    {
        if (_buffer.Length >= needed)
        {
            return;
        }
        var size = Math.Min(announced, Math.Max(needed, Math.Max(SmallestBuffer, 2L * _buffer.Length)));
        var larger = ArrayPool<byte>.Shared.Rent((int)size);
        _buffer.AsSpan(0, _received).CopyTo(larger);
        ReturnBuffer();
        _buffer = larger;
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
