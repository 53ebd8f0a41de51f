using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into = x·σ(x); may be in place. A row is <see cref="IRowKernel.Elements"/> elements of the whole.</summary>
internal readonly unsafe struct Silu(float* x, float* into, long total) : IRowKernel
{
    private readonly float* _x = x;
    private readonly float* _into = into;

    public void Scalar(int start, int count)
    {
        for (var i = (long)start * IRowKernel.Elements; i < Math.Min(total, ((long)start + count) * IRowKernel.Elements); i++)
        {
            _into[i] = ScalarMath.Silu(_x[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var (i, end) = ((long)start * IRowKernel.Elements, Math.Min(total, ((long)start + count) * IRowKernel.Elements));
        for (; i <= end - TWidth.Count; i += TWidth.Count)
        {
            TWidth.Store(_into + i, VectorMath<TWidth, TVector>.Silu(TWidth.Load(_x + i)));
        }
        if (i < end)
        {
            var rest = VectorMath<TWidth, TVector>.Silu(Partial<TWidth, TVector>.Load(_x + i, (int)(end - i)));
            Partial<TWidth, TVector>.Store(_into + i, rest, (int)(end - i));
        }
    }
}
