namespace QwenMesh.Tensors.Cpu;

/// <summary>
/// Memory for packed copies of weights, up to a budget: a small model is packed once, while a large one, which must not
/// be in memory a second time, is packed block by block in every product.
/// </summary>
internal sealed class PackedWeights(BufferPool buffers, long budget)
{
    private long _used;

    /// <summary>Memory for a copy, or null when the budget does not allow it.</summary>
    public NativeBlock? Rent(long bytes)
    {
        long used;
        do
        {
            used = Volatile.Read(ref _used);
            if (bytes > budget - used)
            {
                return null;
            }
        }
        while (Interlocked.CompareExchange(ref _used, used + bytes, used) != used);
        var block = buffers.Rent(bytes);
        Interlocked.Add(ref _used, block.Bytes - bytes);
        return block;
    }

    public void Return(NativeBlock block)
    {
        Interlocked.Add(ref _used, -block.Bytes);
        buffers.Return(block);
    }
}
