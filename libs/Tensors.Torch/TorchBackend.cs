using QwenMesh.Tensors.Torch.Cuda;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>The engine on LibTorch: the CPU or one CUDA card, activations in Float32 or BFloat16.</summary>
internal sealed partial class TorchBackend(Aten aten, TorchSettings settings, FusedOperations fused, string description, CudaDevice? card = null)
    : TensorBackend
{
    private readonly Aten _aten = aten;
    private readonly FusedOperations _fused = fused;
    private readonly MemoryLedger _ledger = new();
    private readonly CardMemory? _card = card is null ? null : new CardMemory(card);
    private readonly PinnedReads? _reads = card is null ? null : new PinnedReads(aten, card);
    private readonly List<IDisposable> _owned = [];
    private int _liveTensors;
    private bool _disposed;

    public override string Device => _aten.Device.ToString();

    public override string Description => $"{Device} ({description})";

    public override DType ComputeType { get; } = settings.ComputeType;

    public override int LiveTensors => Volatile.Read(ref _liveTensors);

    public override EngineMemory Memory => new(_ledger.InUse, Math.Max(_ledger.Peak, _card?.Taken ?? 0), _card?.Limit);

    /// <summary>The binding in use.</summary>
    public Aten Aten => _aten;

    /// <summary>Disposes something when the engine is disposed.</summary>
    public TorchBackend Owning(params IEnumerable<IDisposable> owned)
    {
        _owned.AddRange(owned);
        return this;
    }

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _owned.ForEach(owned => owned.Dispose());
        }
        base.Dispose(disposing);
    }

    private AtenScope Begin() => new(_aten);
}
