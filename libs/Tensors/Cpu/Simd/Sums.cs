using System.Runtime.CompilerServices;

namespace QwenMesh.Tensors.Cpu.Simd;

/// <summary>Sums over a row, in four interleaved partial sums.</summary>
internal static unsafe class Sums<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    /// <summary>Σ (a − offset)·(b − offset)</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Products(float* a, float* b, int count, float offset = 0)
    {
        var shift = TWidth.Broadcast(offset);
        TVector s0 = TWidth.Zero, s1 = TWidth.Zero, s2 = TWidth.Zero, s3 = TWidth.Zero;
        var (i, step) = (0, TWidth.Count);
        for (; i <= count - (4 * step); i += 4 * step)
        {
            s0 = Product(a + i, b + i, shift, s0);
            s1 = Product(a + i + step, b + i + step, shift, s1);
            s2 = Product(a + i + (2 * step), b + i + (2 * step), shift, s2);
            s3 = Product(a + i + (3 * step), b + i + (3 * step), shift, s3);
        }
        for (; i <= count - step; i += step)
        {
            s0 = Product(a + i, b + i, shift, s0);
        }
        var sum = TWidth.Sum(TWidth.Add(TWidth.Add(s0, s1), TWidth.Add(s2, s3)));
        for (; i < count; i++)
        {
            sum += (a[i] - offset) * (b[i] - offset);
        }
        return sum;
    }

    /// <summary>Σ a</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Elements(float* a, int count)
    {
        TVector s0 = TWidth.Zero, s1 = TWidth.Zero;
        var (i, step) = (0, TWidth.Count);
        for (; i <= count - (2 * step); i += 2 * step)
        {
            s0 = TWidth.Add(s0, TWidth.Load(a + i));
            s1 = TWidth.Add(s1, TWidth.Load(a + i + step));
        }
        var sum = TWidth.Sum(TWidth.Add(s0, s1));
        for (; i < count; i++)
        {
            sum += a[i];
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Product(float* a, float* b, TVector shift, TVector sum) =>
        TWidth.MultiplyAdd(TWidth.Subtract(TWidth.Load(a), shift), TWidth.Subtract(TWidth.Load(b), shift), sum);
}
