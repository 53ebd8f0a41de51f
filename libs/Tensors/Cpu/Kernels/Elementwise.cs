namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Operations on one element at a time.</summary>
internal static unsafe class Elementwise
{
    private const int PerItem = 16 * 1024;

    /// <summary>into = x·σ(x); may be in place.</summary>
    public static void Silu(CpuRuntime runtime, float* x, float* into, long count) => runtime.Workers.For(Items(count), item =>
    {
        for (var i = Start(item); i < End(item, count); i++)
        {
            into[i] = ScalarMath.Silu(x[i]);
        }
    });

    /// <summary>x += factor·y.</summary>
    public static void AddScaled(CpuRuntime runtime, float* x, float* y, float factor, long count) => runtime.Workers.For(Items(count), item =>
    {
        for (var i = Start(item); i < End(item, count); i++)
        {
            x[i] += factor * y[i];
        }
    });

    private static int Items(long count) => checked((int)((count + PerItem - 1) / PerItem));

    private static long Start(int item) => (long)item * PerItem;

    private static long End(int item, long count) => Math.Min(count, Start(item) + PerItem);
}
