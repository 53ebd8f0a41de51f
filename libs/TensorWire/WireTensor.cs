using System.Globalization;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

/// <summary>A tensor received in full. Its bytes (little-endian, row-major) are given back when it is disposed.</summary>
public sealed class WireTensor : IDisposable
{
    private readonly int _length;
    private byte[]? _buffer;

    internal WireTensor(string name, int index, DataType dtype, long[] shape, byte[] buffer, int length)
    {
        Name = name;
        Index = index;
        DataType = dtype;
        Shape = shape;
        _buffer = buffer;
        _length = length;
    }

    public string Name { get; }

    /// <summary>Which one of several of this name, from 0.</summary>
    public int Index { get; }

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

    /// <summary>A tensor's name and index for a message, e.g. 'reference[1]'; the first of its name goes without an index.</summary>
    public static string Label(string name, uint index) =>
        index == 0 ? $"'{Echo.Name(name)}'" : string.Create(CultureInfo.InvariantCulture, $"'{Echo.Name(name)}[{index}]'");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            TensorBuffers.Return(buffer);
        }
    }
}
