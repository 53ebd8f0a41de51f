using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>x·Wᵀ for a handful of rows: dot products along the stored rows of W, each read from memory once.</summary>
internal static unsafe class FewRowsMatMul<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    private const int Group = 4;
    private const int GroupsPerItem = 8;

    public static void Run(CpuRuntime runtime, float* x, int rows, CpuLinearWeight weight, Epilogue epilogue)
    {
        var (columns, depth) = (weight.OutFeatures, weight.InFeatures);
        const int PerItem = Group * GroupsPerItem;
        runtime.Workers.For((columns + PerItem - 1) / PerItem, item =>
        {
            using var expanded = runtime.Floats((long)Group * depth);
            var sums = stackalloc float[Group];
            var end = Math.Min(columns, (item + 1) * PerItem);
            for (var n = item * PerItem; n < end; n += Group)
            {
                var count = Math.Min(Group, end - n);
                for (var i = 0; i < Group; i++)
                {
                    // Missing rows repeat the last one; their sums are not used.
                    weight.Matrix.Expand(Math.Min(n + i, end - 1), 0, depth, expanded.Pointer + ((long)i * depth));
                }
                for (var m = 0; m < rows; m++)
                {
                    Dot4(x + ((long)m * depth), expanded.Pointer, depth, sums);
                    epilogue.Apply<TWidth, TVector>(m, n, sums, count);
                }
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4(float* x, float* w, int depth, float* sums)
    {
        TVector s0 = TWidth.Zero, s1 = TWidth.Zero, s2 = TWidth.Zero, s3 = TWidth.Zero;
        var w1 = w + depth;
        var w2 = w1 + depth;
        var w3 = w2 + depth;
        var k = 0;
        for (; k <= depth - TWidth.Count; k += TWidth.Count)
        {
            var v = TWidth.Load(x + k);
            s0 = TWidth.MultiplyAdd(v, TWidth.Load(w + k), s0);
            s1 = TWidth.MultiplyAdd(v, TWidth.Load(w1 + k), s1);
            s2 = TWidth.MultiplyAdd(v, TWidth.Load(w2 + k), s2);
            s3 = TWidth.MultiplyAdd(v, TWidth.Load(w3 + k), s3);
        }
        if (k < depth)
        {
            var v = Partial<TWidth, TVector>.Load(x + k, depth - k);
            s0 = TWidth.MultiplyAdd(v, Partial<TWidth, TVector>.Load(w + k, depth - k), s0);
            s1 = TWidth.MultiplyAdd(v, Partial<TWidth, TVector>.Load(w1 + k, depth - k), s1);
            s2 = TWidth.MultiplyAdd(v, Partial<TWidth, TVector>.Load(w2 + k, depth - k), s2);
            s3 = TWidth.MultiplyAdd(v, Partial<TWidth, TVector>.Load(w3 + k, depth - k), s3);
        }
        sums[0] = TWidth.Sum(s0);
        sums[1] = TWidth.Sum(s1);
        sums[2] = TWidth.Sum(s2);
        sums[3] = TWidth.Sum(s3);
    }
}
