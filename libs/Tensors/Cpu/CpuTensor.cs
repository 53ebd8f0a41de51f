namespace QwenMesh.Tensors.Cpu;

/// <summary>A tensor in the CPU engine's memory: either the owner of a block or a view into the owner's.</summary>
internal sealed unsafe class CpuTensor : Tensor, IEngineTensor<CpuTensor>
{
    private readonly CpuTensor _owner;
    private readonly CpuBackend _backend;
    private readonly bool _counted;
    private readonly long _offset;
    private NativeBlock? _block;

    /// <param name="backend">Engine that takes the block back.</param>
    /// <param name="block">Memory that the tensor owns from now on.</param>
    /// <param name="shape">Shape.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="counted">Whether it is one of <see cref="TensorBackend.LiveTensors"/>; weights are not.</param>
    public CpuTensor(CpuBackend backend, NativeBlock block, Shape shape, DType dtype, bool counted)
        : base(shape, dtype)
    {
        _owner = this;
        _backend = backend;
        _block = block;
        _counted = counted;
    }

    private CpuTensor(CpuTensor owner, long offset, Shape shape)
        : base(shape, owner.DType)
    {
        _owner = owner;
        _backend = owner._backend;
        _offset = offset;
    }

    public static IReadOnlyList<DType> FloatTypes { get; } = [DType.Float32];

    public long Bytes => Shape.Count * DType.Size();

    /// <summary>Address of the first element.</summary>
    /// <exception cref="ObjectDisposedException">The owner of the memory has been disposed.</exception>
    public byte* Pointer
    {
        get
        {
            var block = _owner._block;
            ObjectDisposedException.ThrowIf(block is null, this);
            return (byte*)block.Pointer + _offset;
        }
    }

    public float* Floats => (float*)Pointer;

    public bool Overlaps(CpuTensor other) => Pointer < other.Pointer + other.Bytes && other.Pointer < Pointer + Bytes;

    public override Tensor Rows(int start, int count)
    {
        ObjectDisposedException.ThrowIf(_owner._block is null, this);
        if (start < 0 || count < 0 || start > Shape.Rows - count)
        {
            ShapeException.Throw(nameof(Rows), $"a range within {Shape.Rows} rows", $"{count} from {start}");
        }
        return new CpuTensor(_owner, _offset + ((long)start * Shape.Columns * DType.Size()), [count, Shape.Columns]);
    }

    public override Tensor Reshape(Shape shape)
    {
        ObjectDisposedException.ThrowIf(_owner._block is null, this);
        if (shape.Count != Shape.Count)
        {
            ShapeException.Throw(nameof(Reshape), $"{Shape.Count} elements as in {Shape}", shape.ToString());
        }
        return new CpuTensor(_owner, _offset, shape);
    }

    protected override void Dispose(bool disposing)
    {
        // Views have no block of their own, and a second call finds none.
        if (Interlocked.Exchange(ref _block, null) is { } block)
        {
            _backend.Release(block, _counted);
        }
    }
}
