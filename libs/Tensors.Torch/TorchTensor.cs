namespace QwenMesh.Tensors.Torch;

/// <summary>A tensor in LibTorch's memory: the owner of a native tensor, or a view that only describes a part of the owner's.</summary>
internal sealed class TorchTensor : Tensor, IEngineTensor<TorchTensor>
{
    private readonly TorchTensor _owner;
    private readonly TorchBackend _backend;
    private readonly bool _counted;
    private nint _handle;

    /// <param name="backend">Engine that deletes the native tensor.</param>
    /// <param name="handle">Contiguous native tensor that is owned from now on.</param>
    /// <param name="address">Where its elements lie, on the device.</param>
    /// <param name="shape">Shape.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="counted">Whether it is one of <see cref="TensorBackend.LiveTensors"/>; weights are not.</param>
    public TorchTensor(TorchBackend backend, nint handle, nint address, Shape shape, DType dtype, bool counted)
        : base(shape, dtype)
    {
        _owner = this;
        _backend = backend;
        _handle = handle;
        _counted = counted;
        BaseAddress = address;
    }

    private TorchTensor(TorchTensor owner, long offset, Shape shape)
        : base(shape, owner.DType)
    {
        _owner = owner;
        _backend = owner._backend;
        BaseAddress = owner.BaseAddress;
        Offset = offset;
    }

    public static IReadOnlyList<DType> FloatTypes { get; } = [DType.Float32, DType.BFloat16];

    /// <summary>Elements before this view in the owner's memory.</summary>
    public long Offset { get; }

    public long Bytes => Shape.Count * DType.Size();

    /// <summary>The owner's native tensor.</summary>
    /// <exception cref="ObjectDisposedException">The owner has been disposed.</exception>
    public nint Handle
    {
        get
        {
            var handle = _owner._handle;
            ObjectDisposedException.ThrowIf(handle == 0, this);
            return handle;
        }
    }

    /// <summary>Address of the first element on the device.</summary>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_owner._handle == 0, this);
            return BaseAddress + (nint)(Offset * DType.Size());
        }
    }

    private nint BaseAddress { get; }

    public bool Overlaps(TorchTensor other) => Address < other.Address + (nint)other.Bytes && other.Address < Address + (nint)Bytes;

    public override Tensor Rows(int start, int count)
    {
        ObjectDisposedException.ThrowIf(_owner._handle == 0, this);
        if (start < 0 || count < 0 || start > Shape.Rows - count)
        {
            ShapeException.Throw(nameof(Rows), $"a range within {Shape.Rows} rows", $"{count} from {start}");
        }
        return new TorchTensor(_owner, Offset + ((long)start * Shape.Columns), [count, Shape.Columns]);
    }

    public override Tensor Reshape(Shape shape)
    {
        ObjectDisposedException.ThrowIf(_owner._handle == 0, this);
        if (shape.Count != Shape.Count)
        {
            ShapeException.Throw(nameof(Reshape), $"{Shape.Count} elements as in {Shape}", shape.ToString());
        }
        return new TorchTensor(_owner, Offset, shape);
    }

    protected override void Dispose(bool disposing)
    {
        // Views have no native tensor of their own, and a second call finds none.
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            _backend.Release(handle, Bytes, _counted);
        }
    }
}
