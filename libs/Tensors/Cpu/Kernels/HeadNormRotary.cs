using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>RMS norm of each head (unless weight is null), then rotation of its channel pairs (unless cos is null), in place.</summary>
internal readonly unsafe struct HeadNormRotary(
    float* x, int heads, int dim, float* weight, float eps, float* cos, float* sin, RotaryLayout layout) : IRowKernel
{
    private readonly float* _x = x;
    private readonly float* _weight = weight;
    private readonly float* _cos = cos;
    private readonly float* _sin = sin;

    public void Scalar(int start, int count)
    {
        for (var head = (long)start * heads; head < ((long)start + count) * heads; head++)
        {
            var values = _x + (head * dim);
            if (_weight is not null)
            {
                var factor = (float)(1 / Math.Sqrt((ScalarMath.Dot(values, values, dim) / dim) + eps));
                for (var i = 0; i < dim; i++)
                {
                    values[i] = values[i] * factor * _weight[i];
                }
            }
            if (_cos is not null)
            {
                var angles = head / heads * (dim / 2);
                RotatePairs(values, _cos + angles, _sin + angles, 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var values = _x + ((long)start * heads * dim);
        for (var item = 0; item < count * heads; item++, values += dim)
        {
            if (_weight is not null)
            {
                RmsNorm.Normalize<TWidth, TVector>(values, _weight, eps, values, dim);
            }
            if (_cos is not null)
            {
                var angles = (long)(start + (item / heads)) * (dim / 2);
                var done = layout == RotaryLayout.Interleaved
                    ? RotateInterleaved<TWidth, TVector>(values, _cos + angles, _sin + angles)
                    : RotateHalves<TWidth, TVector>(values, _cos + angles, _sin + angles);
                RotatePairs(values, _cos + angles, _sin + angles, done);
            }
        }
    }

    /// <summary>Pairs from <paramref name="first"/> on, one by one.</summary>
    private void RotatePairs(float* values, float* cos, float* sin, int first)
    {
        for (var pair = first; pair < dim / 2; pair++)
        {
            var (left, right) = layout == RotaryLayout.Interleaved ? (2 * pair, (2 * pair) + 1) : (pair, pair + (dim / 2));
            var (a, b) = (values[left], values[right]);
            values[left] = (a * cos[pair]) - (b * sin[pair]);
            values[right] = (b * cos[pair]) + (a * sin[pair]);
        }
    }

    /// <summary>Rotates whole vectors of pairs (p, p + dim/2); returns how many pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int RotateHalves<TWidth, TVector>(float* values, float* cos, float* sin)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var half = dim / 2;
        var pair = 0;
        for (; pair <= half - TWidth.Count; pair += TWidth.Count)
        {
            var (a, b) = (TWidth.Load(values + pair), TWidth.Load(values + half + pair));
            var (c, s) = (TWidth.Load(cos + pair), TWidth.Load(sin + pair));
            TWidth.Store(values + pair, TWidth.Subtract(TWidth.Multiply(a, c), TWidth.Multiply(b, s)));
            TWidth.Store(values + half + pair, TWidth.MultiplyAdd(b, c, TWidth.Multiply(a, s)));
        }
        return pair;
    }

    /// <summary>Rotates whole vectors of pairs (2p, 2p + 1); returns how many pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int RotateInterleaved<TWidth, TVector>(float* values, float* cos, float* sin)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var pair = 0;
        for (; pair <= (dim / 2) - (TWidth.Count / 2); pair += TWidth.Count / 2)
        {
            // (a, b)·cos + (b, a)·(−sin, sin)
            var value = TWidth.Load(values + (2 * pair));
            var turned = TWidth.Multiply(TWidth.SwapPairs(value), TWidth.LoadPairs(sin + pair, -1));
            TWidth.Store(values + (2 * pair), TWidth.MultiplyAdd(value, TWidth.LoadPairs(cos + pair, 1), turned));
        }
        return pair;
    }
}
