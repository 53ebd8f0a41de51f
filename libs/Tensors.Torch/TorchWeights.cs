using System.Buffers;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>A matrix [out, in] in the engine's compute type or in float8, and a bias [out] in the compute type.</summary>
internal sealed class TorchLinearWeight : LinearWeight
{
    private readonly StoredTensor? _matrix;
    private readonly StoredTensor? _bias;

    public TorchLinearWeight(StoredTensor matrix, StoredTensor? bias, int outFeatures, int inFeatures)
        : base(outFeatures, inFeatures)
    {
        _matrix = matrix;
        _bias = bias;
    }

    public TorchLinearWeight(Float8Matrix matrix, StoredTensor? bias, int outFeatures, int inFeatures)
        : base(outFeatures, inFeatures)
    {
        Float8 = matrix;
        _bias = bias;
    }

    /// <summary>The matrix in the compute type.</summary>
    public nint Matrix => _matrix?.Handle ?? throw new InvalidOperationException("the matrix is float8");

    /// <summary>The matrix in float8; null when it is in the compute type.</summary>
    public Float8Matrix? Float8 { get; }

    public nint Bias => _bias?.Handle ?? 0;

    protected override void Dispose(bool disposing)
    {
        _matrix?.Dispose();
        Float8?.Dispose();
        _bias?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A kernel [out, in, kH, kW] that lies in memory as [out, kH, kW, in], and a bias [out].</summary>
internal sealed class TorchConvWeight(StoredTensor kernel, StoredTensor? bias, int outChannels, int inChannels, int kernelHeight, int kernelWidth)
    : ConvWeight(outChannels, inChannels, kernelHeight, kernelWidth)
{
    public nint Kernel => kernel.Handle;

    public nint Bias => bias?.Handle ?? 0;

    protected override void Dispose(bool disposing)
    {
        kernel.Dispose();
        bias?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>
/// An embedding that stays where it is stored, usually a mapped file: a prompt needs a few hundred of its rows, which are gathered on
/// the host. On a card it would take a gigabyte.
/// </summary>
internal sealed class TorchEmbeddingTable(StoredTensor table, int vocabulary, int columns) : EmbeddingTable(vocabulary, columns)
{
    public nint Table => table.Handle;

    protected override void Dispose(bool disposing)
    {
        table.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A weight's native tensor, and the pin of the memory that it lies in when that is the file's.</summary>
internal sealed class StoredTensor(Aten aten, nint handle, MemoryHandle pin, Action? released = null) : IDisposable
{
    private nint _handle = handle;
    private MemoryHandle _pin = pin;

    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, typeof(LinearWeight));
            return _handle;
        }
    }

    public void Dispose()
    {
        var owned = Interlocked.Exchange(ref _handle, 0);
        if (owned != 0)
        {
            aten.Delete(owned);
            _pin.Dispose();
            released?.Invoke();
        }
    }
}
