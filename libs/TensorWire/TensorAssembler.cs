using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

/// <summary>
/// Puts the frames of one direction of one call together; frames of different tensors may be mixed. Everything is checked before it is stored: names,
/// types, shapes, sizes against the limits, order, gaps, checksums. Memory follows the bytes that have come, not what a header announces.
/// Not thread-safe. Disposing returns what was not handed out by <see cref="Complete"/>.
/// </summary>
/// <param name="limits">What is accepted.</param>
/// <param name="checkHeader">Further checks of an announced tensor; throws <see cref="WireFormatException"/>.</param>
public sealed class TensorAssembler(TensorLimits limits, Action<TensorHeader>? checkHeader = null) : IDisposable
{
    private readonly Dictionary<uint, GrowingTensor> _open = [];
    private readonly HashSet<uint> _ids = [];
    private readonly HashSet<(string Name, uint Index)> _names = [];
    private readonly List<WireTensor> _done = [];
    private long _announced;

    /// <summary>Takes the next frame.</summary>
    /// <exception cref="WireFormatException">The frame breaks the contract or a limit; the message names the tensor.</exception>
    public void Accept(TensorFrame frame)
    {
        switch (frame.KindCase)
        {
            case TensorFrame.KindOneofCase.Header:
                Begin(frame.TensorId, frame.Header);
                break;
            case TensorFrame.KindOneofCase.Chunk:
                Append(frame.TensorId, frame.Chunk);
                break;
            default:
                throw new WireFormatException("a tensor frame carries neither a header nor a chunk");
        }
    }

    /// <summary>Ends the stream and hands the tensors over; the caller disposes them.</summary>
    /// <exception cref="WireFormatException">A tensor is incomplete.</exception>
    public ReceivedTensors Complete()
    {
        if (_open.Count > 0)
        {
            throw new WireFormatException(_open.Values.First().Incomplete());
        }
        var tensors = new ReceivedTensors([.. _done]);
        _done.Clear();
        return tensors;
    }

    public void Dispose()
    {
        foreach (var tensor in _open.Values)
        {
            tensor.Dispose();
        }
        _open.Clear();
        _done.ForEach(tensor => tensor.Dispose());
        _done.Clear();
    }

    private void Begin(uint id, TensorHeader header)
    {
        if (header.Name.Length == 0 || header.Name.Length > limits.MaxNameLength)
        {
            throw new WireFormatException($"a tensor's name has {header.Name.Length} characters; 1 to {limits.MaxNameLength} are allowed");
        }
        var label = WireTensor.Label(header.Name, header.Index);
        if (_ids.Contains(id))
        {
            throw new WireFormatException($"tensor {label} has the id {id}, which another tensor of the call has");
        }
        if (_names.Contains((header.Name, header.Index)))
        {
            throw new WireFormatException($"tensor {label} was sent twice");
        }
        if (_ids.Count == limits.MaxTensors)
        {
            throw new WireFormatException($"more than {limits.MaxTensors} tensors in one call");
        }
        var elements = TensorFrames.Elements(header);
        var size = header.Dtype.Size();
        if (elements > long.MaxValue / size || (ulong)(elements * size) != header.ByteLength)
        {
            throw new WireFormatException($"tensor {label} announces {header.ByteLength} bytes for {header.Dtype} [{string.Join(", ", header.Shape)}]");
        }
        if (header.ByteLength > (ulong)Math.Min(limits.MaxBytes - _announced, Array.MaxLength))
        {
            throw new WireFormatException($"tensor {label} takes the call beyond the limit of {limits.MaxBytes} bytes");
        }
        checkHeader?.Invoke(header);
        _announced += (long)header.ByteLength;
        _ids.Add(id);
        _names.Add((header.Name, header.Index));
        _open.Add(id, new GrowingTensor(header));
    }

    private void Append(uint id, TensorChunk chunk)
    {
        if (!_open.TryGetValue(id, out var tensor))
        {
            throw new WireFormatException($"a chunk for the id {id} came without a header, or after its tensor was complete");
        }
        tensor.Append(chunk);
        if (tensor.IsComplete)
        {
            _open.Remove(id);
            _done.Add(tensor.Take());
        }
    }
}
