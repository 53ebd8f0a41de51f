using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu;

/// <summary>What a kernel runs on: threads, scratch memory and the width of vectors.</summary>
internal sealed class CpuRuntime(WorkerPool workers, BufferPool buffers, SimdLevel simd) : IDisposable
{
    public WorkerPool Workers { get; } = workers;

    public BufferPool Buffers { get; } = buffers;

    public SimdLevel Simd { get; } = simd;

    public bool Scalar => Simd == SimdLevel.Scalar;

    /// <summary>Scratch memory for <paramref name="count"/> floats, returned to the pool when disposed.</summary>
    public Scratch Floats(long count) => new(Buffers, count * sizeof(float));

    /// <summary>
    /// Splits <paramref name="rows"/> rows of <paramref name="rowCost"/> elements into ranges big enough to be worth a thread and
    /// calls <paramref name="body"/>(start, count) for each. The ranges do not depend on the number of threads.
    /// </summary>
    public void ForRows(int rows, long rowCost, Action<int, int> body)
    {
        const long ElementsPerItem = 16 * 1024;
        var perItem = (int)Math.Clamp(ElementsPerItem / Math.Max(1, rowCost), 1, Math.Max(1, rows));
        var items = (rows + perItem - 1) / perItem;
        Workers.For(items, item => body(item * perItem, Math.Min(perItem, rows - (item * perItem))));
    }

    public void Dispose()
    {
        Workers.Dispose();
        Buffers.Dispose();
    }
}

/// <summary>Rented floats; dispose exactly once.</summary>
internal readonly unsafe struct Scratch(BufferPool pool, long bytes) : IDisposable
{
    private readonly NativeBlock _block = pool.Rent(bytes);

    public float* Pointer => (float*)_block.Pointer;

    public void Dispose() => pool.Return(_block);
}
