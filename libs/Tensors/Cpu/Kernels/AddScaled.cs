using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>x += factor·y: sums and Euler steps. A row is <see cref="IRowKernel.Elements"/> elements of the whole.</summary>
internal readonly unsafe struct AddScaled(float* x, float* y, float factor, long total) : IRowKernel
{
    private readonly float* _x = x;
    private readonly float* _y = y;

    public void Scalar(int start, int count)
    {
        for (var i = (long)start * IRowKernel.Elements; i < Math.Min(total, ((long)start + count) * IRowKernel.Elements); i++)
        {
            _x[i] += factor * _y[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        // Product and sum are rounded one after the other, as the reference does.
        var factors = TWidth.Broadcast(factor);
        var (i, end) = ((long)start * IRowKernel.Elements, Math.Min(total, ((long)start + count) * IRowKernel.Elements));
        for (; i <= end - TWidth.Count; i += TWidth.Count)
        {
            TWidth.Store(_x + i, TWidth.Add(TWidth.Load(_x + i), TWidth.Multiply(factors, TWidth.Load(_y + i))));
        }
        for (; i < end; i++)
        {
            _x[i] += factor * _y[i];
        }
    }
}
