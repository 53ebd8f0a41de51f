namespace QwenMesh.Tensors.Cpu;

public sealed unsafe partial class CpuBackend
{
    public override Tensor Empty(Shape shape, DType? dtype = null) => Allocate(shape, dtype ?? DType.Float32, counted: true);

    public override Tensor From(ReadOnlySpan<float> elements, Shape shape, DType? dtype = null)
    {
        Require.That(dtype is null or DType.Float32, "Float32 elements", $"{dtype}");
        Require.That(elements.Length == shape.Count, $"{shape.Count} elements for {shape}", $"{elements.Length}");
        var tensor = (CpuTensor)Empty(shape);
        elements.CopyTo(new Span<float>(tensor.Floats, elements.Length));
        return tensor;
    }

    public override void Read(Tensor source, Span<float> destination)
    {
        var from = Require.Float(source);
        Require.That(destination.Length == from.Shape.Count, $"room for {from.Shape.Count} elements", $"{destination.Length}");
        new ReadOnlySpan<float>(from.Floats, destination.Length).CopyTo(destination);
    }

    public override void Read(Tensor source, Span<byte> destination)
    {
        var from = Require.Typed(source, DType.UInt8);
        Require.That(destination.Length == from.Shape.Count, $"room for {from.Shape.Count} elements", $"{destination.Length}");
        new ReadOnlySpan<byte>(from.Pointer, destination.Length).CopyTo(destination);
    }

    public override void Copy(Tensor source, Tensor into)
    {
        var from = Require.Own(source);
        var to = Require.Typed(into, from.DType);
        Require.That(to.Shape.Count == from.Shape.Count, $"into of {from.Shape.Count} elements", to.Shape.ToString());
        Buffer.MemoryCopy(from.Pointer, to.Pointer, to.Bytes, from.Bytes);
    }

    internal void Release(NativeBlock block, bool counted)
    {
        if (counted)
        {
            Interlocked.Decrement(ref _liveTensors);
        }
        _runtime.Buffers.Return(block);
    }

    private CpuTensor Allocate(Shape shape, DType dtype, bool counted)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var tensor = new CpuTensor(this, _runtime.Buffers.Rent(checked(shape.Count * dtype.Size())), shape, dtype, counted);
        if (counted)
        {
            Interlocked.Increment(ref _liveTensors);
        }
        return tensor;
    }
}
