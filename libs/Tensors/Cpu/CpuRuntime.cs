using System.Runtime.Intrinsics;
using QwenMesh.Tensors.Cpu.Kernels;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu;

/// <summary>What a kernel runs on: threads, scratch memory and the width of vectors.</summary>
internal sealed class CpuRuntime(WorkerPool workers, BufferPool buffers, SimdLevel simd) : IDisposable
{
    public WorkerPool Workers { get; } = workers;

    public BufferPool Buffers { get; } = buffers;

    public SimdLevel Simd { get; } = simd;

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

    /// <summary>Runs a kernel on <paramref name="rows"/> rows at the width in use.</summary>
    public void ForRows<TKernel>(int rows, long rowCost, TKernel kernel)
        where TKernel : struct, IRowKernel =>
        ForRows(rows, rowCost, (start, count) =>
        {
            switch (Simd)
            {
                case SimdLevel.Vector512:
                    kernel.Vector<Width512, Vector512<float>>(start, count);
                    break;
                case SimdLevel.Vector256:
                    kernel.Vector<Width256, Vector256<float>>(start, count);
                    break;
                case SimdLevel.Vector128:
                    kernel.Vector<Width128, Vector128<float>>(start, count);
                    break;
                default:
                    kernel.Scalar(start, count);
                    break;
            }
        });

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
