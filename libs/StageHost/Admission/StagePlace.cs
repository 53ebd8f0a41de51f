namespace QwenMesh.StageHost;

/// <summary>One admitted call's place in a stage's queue. Disposing it gives up the place, and the slot with it.</summary>
public sealed class StagePlace : IDisposable
{
    private StageGate? _gate;
    private IDisposable? _slot;

    internal StagePlace(StageGate gate) => _gate = gate;

    /// <summary>Waits for a slot, once; disposing what it returns frees the slot and keeps the place.</summary>
    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE when the stage stops before the call gets a slot.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_gate is null, this);
        return _slot = await _gate.WaitForSlotAsync(cancellationToken);
    }

    /// <summary>Leaves the slot to the computation, which hangs: the model is in use until it ends.</summary>
    internal void LeaveSlot()
    {
        _slot = null;
        _gate?.Hangs();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _gate, null) is { } gate)
        {
            _slot?.Dispose();
            gate.Leave();
        }
    }
}
