namespace QwenMesh.Tensors.Torch;

/// <summary>Bytes of tensors and weights that are alive, and the most there were at a time.</summary>
internal sealed class MemoryLedger
{
    private long _inUse;
    private long _peak;

    public long InUse => Interlocked.Read(ref _inUse);

    public long Peak => Interlocked.Read(ref _peak);

    public void Add(long bytes)
    {
        var now = Interlocked.Add(ref _inUse, bytes);
        for (var peak = Peak; now > peak; peak = Peak)
        {
            if (Interlocked.CompareExchange(ref _peak, now, peak) == peak)
            {
                break;
            }
        }
    }

    public void Remove(long bytes) => Interlocked.Add(ref _inUse, -bytes);
}
