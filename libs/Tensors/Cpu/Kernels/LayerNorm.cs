using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into = (x − mean)·rsqrt(variance + eps)·(1 + scale) + shift for every row; biased variance.</summary>
internal readonly unsafe struct LayerNorm(float* x, float* shift, float* scale, float eps, float* into, int columns) : IRowKernel
{
    private readonly float* _x = x;
    private readonly float* _shift = shift;
    private readonly float* _scale = scale;
    private readonly float* _into = into;

    public void Scalar(int start, int count)
    {
        for (var row = start; row < start + count; row++)
        {
            var offset = (long)row * columns;
            double mean = 0, variance = 0;
            for (var i = 0; i < columns; i++)
            {
                mean += _x[offset + i];
            }
            mean /= columns;
            for (var i = 0; i < columns; i++)
            {
                variance += (_x[offset + i] - mean) * (_x[offset + i] - mean);
            }
            var factor = 1 / Math.Sqrt((variance / columns) + eps);
            for (var i = 0; i < columns; i++)
            {
                _into[offset + i] = (float)((_x[offset + i] - mean) * factor * (1 + _scale[i])) + _shift[i];
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
            Row<TWidth, TVector>((long)row * columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row<TWidth, TVector>(long offset)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var x = _x + offset;
        var into = _into + offset;
        var mean = Sums<TWidth, TVector>.Elements(x, columns) / columns;
        var factor = 1 / MathF.Sqrt((Sums<TWidth, TVector>.Products(x, x, columns, mean) / columns) + eps);
        var (means, factors, one) = (TWidth.Broadcast(mean), TWidth.Broadcast(factor), TWidth.Broadcast(1));
        var i = 0;
        for (; i <= columns - TWidth.Count; i += TWidth.Count)
        {
            var normal = TWidth.Multiply(TWidth.Subtract(TWidth.Load(x + i), means), factors);
            TWidth.Store(into + i, TWidth.MultiplyAdd(normal, TWidth.Add(one, TWidth.Load(_scale + i)), TWidth.Load(_shift + i)));
        }
        for (; i < columns; i++)
        {
            into[i] = ((x[i] - mean) * factor * (1 + _scale[i])) + _shift[i];
        }
    }
}
