using System.Buffers;
using QwenMesh.Tensors.Cpu.Kernels;

namespace QwenMesh.Tensors.Cpu;

/// <summary>Stored floats of any type, pinned where they lie (usually a mapped file, which this does not own).</summary>
internal sealed unsafe class StoredMatrix : IDisposable
{
    private readonly byte* _bytes;
    private readonly DType _dtype;
    private MemoryHandle _pin;
    private bool _disposed;

    /// <exception cref="ShapeException">The type is not a float type, or the bytes do not fit the shape.</exception>
    public StoredMatrix(HostTensor source, long rows, int columns, string operation)
    {
        if (source.DType is not (DType.Float32 or DType.Float16 or DType.BFloat16))
        {
            ShapeException.Throw(operation, $"{source.Name} of a float type", source.DType.ToString());
        }
        if (source.Bytes.Length != rows * columns * source.DType.Size())
        {
            ShapeException.Throw(operation, $"{source.Name} of {rows * columns * source.DType.Size()} bytes", $"{source.Bytes.Length}");
        }
        Columns = columns;
        _dtype = source.DType;
        _pin = source.Bytes.Pin();
        _bytes = (byte*)_pin.Pointer;
    }

    public int Columns { get; }

    public DType DType => _dtype;

    /// <summary>Address of an element, in the stored type.</summary>
    public byte* At(long row, int column)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _bytes + (((row * Columns) + column) * _dtype.Size());
    }

    /// <summary>Converts part of a row to Float32.</summary>
    public void Expand(long row, int column, int count, float* into) => StoredFloats.Expand(At(row, column), _dtype, count, into);

    public void Dispose()
    {
        _disposed = true;
        _pin.Dispose();
    }
}
