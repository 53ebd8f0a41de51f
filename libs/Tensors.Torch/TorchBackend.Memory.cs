using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed unsafe partial class TorchBackend
{
    public override Tensor Empty(Shape shape, DType? dtype = null) => Allocate(shape, dtype ?? ComputeType, counted: true);

    public override Tensor From(ReadOnlySpan<float> elements, Shape shape, DType? dtype = null)
    {
        Require.That(elements.Length == shape.Count, $"{shape.Count} elements for {shape}", $"{elements.Length}");
        var tensor = Allocate(shape, dtype ?? ComputeType, counted: true);
        using var scope = Begin();
        fixed (float* data = elements)
        {
            OverHost(scope, data, elements.Length, AtenType.Float32).CopyTo(scope.View(tensor, elements.Length));
        }
        return tensor;
    }

    public override void Read(Tensor source, Span<float> destination)
    {
        var from = Require.Float(source);
        Require.That(destination.Length == from.Shape.Count, $"room for {from.Shape.Count} elements", $"{destination.Length}");
        using var scope = Begin();
        fixed (float* data = destination)
        {
            scope.View(from, destination.Length).CopyTo(OverHost(scope, data, destination.Length, AtenType.Float32));
        }
    }

    public override void Read(Tensor source, Span<byte> destination)
    {
        var from = Require.Typed(source, DType.UInt8);
        Require.That(destination.Length == from.Shape.Count, $"room for {from.Shape.Count} elements", $"{destination.Length}");
        using var scope = Begin();
        fixed (byte* data = destination)
        {
            scope.View(from, destination.Length).CopyTo(OverHost(scope, data, destination.Length, AtenType.UInt8));
        }
    }

    public override ValueTask ReadAsync(Tensor source, Memory<float> destination, CancellationToken cancellationToken)
    {
        var from = Require.Float(source);
        Require.That(destination.Length == from.Shape.Count, $"room for {from.Shape.Count} elements", $"{destination.Length}");
        return _reads?.ReadAsync(from, AtenType.Float32, destination, cancellationToken) ?? base.ReadAsync(source, destination, cancellationToken);
    }

    public override ValueTask ReadAsync(Tensor source, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var from = Require.Typed(source, DType.UInt8);
        Require.That(destination.Length == from.Shape.Count, $"room for {from.Shape.Count} elements", $"{destination.Length}");
        return _reads?.ReadAsync(from, AtenType.UInt8, destination, cancellationToken) ?? base.ReadAsync(source, destination, cancellationToken);
    }

    public override void Copy(Tensor source, Tensor into)
    {
        var (from, to) = (Require.Own(source), Require.Own(into));
        Require.That(to.Shape.Count == from.Shape.Count, $"into of {from.Shape.Count} elements", to.Shape.ToString());
        Require.That(
            to.DType == from.DType || (IsFloat(to.DType) && IsFloat(from.DType)), $"into of a type that {from.DType} converts to", to.DType.ToString());
        using var scope = Begin();
        scope.View(from, from.Shape.Count).CopyTo(scope.View(to, to.Shape.Count));
    }

    internal void Release(nint handle, long bytes, bool counted)
    {
        if (counted)
        {
            Interlocked.Decrement(ref _liveTensors);
        }
        _ledger.Remove(bytes);
        _aten.Delete(handle);
    }

    /// <summary>A tensor that only an operation knows of.</summary>
    private TorchTensor Scratch(Shape shape, DType dtype) => Allocate(shape, dtype, counted: false);

    private TorchTensor Allocate(Shape shape, DType dtype, bool counted)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var handle = _aten.Empty([shape.Count], dtype.Native());
        var tensor = new TorchTensor(this, handle, _aten.Data(handle), shape, dtype, counted);
        _ledger.Add(tensor.Bytes);
        if (counted)
        {
            Interlocked.Increment(ref _liveTensors);
        }
        return tensor;
    }

    private AtenValue OverHost(AtenScope scope, void* data, long count, AtenType type) => scope.Own(_aten.FromMemory((nint)data, [count], type));

    private static bool IsFloat(DType dtype) => dtype is DType.Float32 or DType.BFloat16 or DType.Float16;
}
