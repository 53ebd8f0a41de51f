namespace QwenMesh.Tensors;

/// <summary>
/// A contiguous, row-major block of an engine's memory. Owned by whoever allocated it, usually a <see cref="TensorScope"/>;
/// disposing returns the memory to the engine's pool. Views are descriptions of a part of it (offset and shape) and need no disposal.
/// </summary>
public abstract class Tensor(Shape shape, DType dtype) : IDisposable
{
    public Shape Shape { get; } = shape;

    public DType DType { get; } = dtype;

    /// <summary>View of <paramref name="count"/> rows (all axes but the last flattened), shape [count, columns].</summary>
    public abstract Tensor Rows(int start, int count);

    /// <summary>View of the same elements under another shape.</summary>
    /// <exception cref="ShapeException">The element counts differ.</exception>
    public abstract Tensor Reshape(Shape shape);

    /// <summary>
    /// View of <paramref name="count"/> elements of a tensor that has a single row, from <paramref name="start"/>; shape [1, count].
    /// </summary>
    public Tensor Slice(int start, int count)
    {
        if (Shape.Rows != 1)
        {
            ShapeException.Throw(nameof(Slice), "a single row", Shape.ToString());
        }
        return Reshape([Shape.Columns, 1]).Rows(start, count).Reshape([1, count]);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
