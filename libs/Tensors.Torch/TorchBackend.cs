using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>The engine on LibTorch: the CPU or one CUDA card, activations in Float32 or BFloat16.</summary>
internal sealed partial class TorchBackend : TensorBackend
{
    private readonly Aten _aten;
    private readonly FusedOperations _fused;
    private readonly AttentionLog _attention;
    private readonly List<IDisposable> _owned = [];
    private readonly MemoryLedger _ledger = new();
    private int _liveTensors;
    private bool _disposed;

    public TorchBackend(Aten aten, DType computeType, FusedOperations? fused = null, Action<string>? log = null)
    {
        _attention = new AttentionLog(log ?? (_ => { }));
        _aten = aten;
        _fused = fused ?? new TwinOperations(aten);
        ComputeType = computeType;
    }

    public override string Device => _aten.Device.ToString();

    public override DType ComputeType { get; }

    public override int LiveTensors => Volatile.Read(ref _liveTensors);

    public override EngineMemory Memory => new(_ledger.InUse, _ledger.Peak, null);

    /// <summary>The binding in use, for logs and tests.</summary>
    public Aten Aten => _aten;

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _owned.ForEach(owned => owned.Dispose());
        }
        base.Dispose(disposing);
    }

    /// <summary>Disposes something when the engine is disposed.</summary>
    internal TorchBackend Owning(params IEnumerable<IDisposable> owned)
    {
        _owned.AddRange(owned);
        return this;
    }

    private AtenScope Begin() => new(_aten);
}
