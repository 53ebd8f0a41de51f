using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into = weight ⊙ x·rsqrt(mean(x²) + eps) for every row.</summary>
internal readonly unsafe struct RmsNorm(float* x, float* weight, float eps, float* into, int columns) : IRowKernel
{
    private readonly float* _x = x;
    private readonly float* _weight = weight;
    private readonly float* _into = into;

    public void Scalar(int start, int count)
    {
        for (var row = start; row < start + count; row++)
        {
            var offset = (long)row * columns;
            var factor = (float)(1 / Math.Sqrt((ScalarMath.Dot(_x + offset, _x + offset, columns) / columns) + eps));
            for (var i = 0; i < columns; i++)
            {
                _into[offset + i] = _x[offset + i] * factor * _weight[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        for (var row = start; row < start + count; row++)
        {
            var offset = (long)row * columns;
            Normalize<TWidth, TVector>(_x + offset, _weight, eps, _into + offset, columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Normalize<TWidth, TVector>(float* x, float* weight, float eps, float* into, int columns)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var factor = 1 / MathF.Sqrt((Sums<TWidth, TVector>.Products(x, x, columns) / columns) + eps);
        var factors = TWidth.Broadcast(factor);
        var i = 0;
        for (; i <= columns - TWidth.Count; i += TWidth.Count)
        {
            TWidth.Store(into + i, TWidth.Multiply(TWidth.Multiply(TWidth.Load(x + i), factors), TWidth.Load(weight + i)));
        }
        for (; i < columns; i++)
        {
            into[i] = x[i] * factor * weight[i];
        }
    }
}
