namespace QwenMesh.Tensors.Torch.Native;

/// <summary>Owns the handles that one operation makes on its way and deletes them when it ends. For one thread.</summary>
internal sealed class AtenScope(Aten aten) : IDisposable
{
    private readonly List<nint> _owned = [];

    public Aten Aten => aten;

    /// <summary>Takes ownership of a handle.</summary>
    public AtenValue Own(nint handle)
    {
        _owned.Add(handle);
        return new AtenValue(this, handle);
    }

    /// <summary>A handle that stays another's.</summary>
    public AtenValue Borrow(nint handle) => new(this, handle);

    /// <summary>A tensor, or a view of one, under a shape of the same size.</summary>
    public AtenValue View(TorchTensor tensor, params ReadOnlySpan<long> sizes)
    {
        Span<long> strides = stackalloc long[sizes.Length];
        long step = 1;
        for (var axis = sizes.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            step *= sizes[axis];
        }
        return Strided(tensor, sizes, strides);
    }

    /// <summary>Any selection of a tensor's elements; the offset counts from its first.</summary>
    public AtenValue Strided(TorchTensor tensor, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, long offset = 0) =>
        Own(aten.View(tensor.Handle, sizes, strides, tensor.Offset + offset));

    public AtenValue Empty(ReadOnlySpan<long> sizes, AtenType type) => Own(aten.Empty(sizes, type));

    /// <summary>One Float32 number on the device, which broadcasts to any shape.</summary>
    public unsafe AtenValue Number(float value)
    {
        var place = Empty([1], AtenType.Float32);
        // The copy has been made when this returns, as every blocking copy from memory of the host.
        aten.Copy(Own(aten.FromMemory((nint)(&value), [1], AtenType.Float32)).Handle, place.Handle);
        return place;
    }

    public void Dispose()
    {
        foreach (var handle in _owned)
        {
            aten.Delete(handle);
        }
        _owned.Clear();
    }
}
