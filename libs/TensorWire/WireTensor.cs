using System.Buffers;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

/// <summary>A tensor received in full. Its bytes (little-endian, row-major) go back to the pool when it is disposed.</summary>
public sealed class WireTensor : IDisposable
{
    private readonly int _length;
    private byte[]? _buffer;

    internal WireTensor(string name, DataType dtype, long[] shape, byte[] buffer, int length)
    {
        Name = name;
        DataType = dtype;
        Shape = shape;
        _buffer = buffer;
        _length = length;
    }

    public string Name { get; }

    public DataType DataType { get; }

    public long[] Shape { get; }

    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_buffer is null, this);
            return _buffer.AsMemory(0, _length);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
