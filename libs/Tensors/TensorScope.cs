namespace QwenMesh.Tensors;

/// <summary>Owns the tensors created through it and returns them to the pool when it ends.</summary>
public sealed class TensorScope(TensorBackend backend) : IDisposable
{
    private readonly List<Tensor> _owned = [];

    /// <summary>A new tensor with undefined contents, of the engine's compute type unless another is asked for.</summary>
    public Tensor Empty(Shape shape, DType? dtype = null) => Own(backend.Empty(shape, dtype));

    /// <summary>A new tensor with the given elements, of the engine's compute type unless another is asked for.</summary>
    public Tensor From(ReadOnlySpan<float> elements, Shape shape, DType? dtype = null) => Own(backend.From(elements, shape, dtype));

    /// <summary>Takes ownership of a tensor.</summary>
    public Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor);
        return tensor;
    }

    /// <summary>Releases a tensor of this scope early.</summary>
    public void Release(Tensor tensor)
    {
        if (_owned.Remove(tensor))
        {
            tensor.Dispose();
        }
    }

    /// <summary>Hands a tensor of this scope over to the caller, who disposes it.</summary>
    public Tensor HandOver(Tensor tensor)
    {
        _owned.Remove(tensor);
        return tensor;
    }

    public void Dispose()
    {
        foreach (var tensor in _owned)
        {
            tensor.Dispose();
        }
        _owned.Clear();
    }
}
