using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// x = mask·x + (1 − mask)·(sigma·noise + (1 − sigma)·clean): inpainting (docs/model.md 7.4). A row is <see cref="IRowKernel.Elements"/> elements of the whole.
/// </summary>
internal readonly unsafe struct KeepOutside(float* x, float* mask, float* clean, float* noise, float sigma, long total) : IRowKernel
{
    private readonly float* _x = x;
    private readonly float* _mask = mask;
    private readonly float* _clean = clean;
    private readonly float* _noise = noise;

    public void Scalar(int start, int count)
    {
        for (var i = (long)start * IRowKernel.Elements; i < Math.Min(total, ((long)start + count) * IRowKernel.Elements); i++)
        {
            Blend(i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var (one, level, rest) = (TWidth.Broadcast(1), TWidth.Broadcast(sigma), TWidth.Broadcast(1 - sigma));
        var (i, end) = ((long)start * IRowKernel.Elements, Math.Min(total, ((long)start + count) * IRowKernel.Elements));
        for (; i <= end - TWidth.Count; i += TWidth.Count)
        {
            var mask = TWidth.Load(_mask + i);
            // Products and sums are rounded one after the other, as the reference does.
            var kept = TWidth.Add(TWidth.Multiply(level, TWidth.Load(_noise + i)), TWidth.Multiply(rest, TWidth.Load(_clean + i)));
            var outside = TWidth.Multiply(TWidth.Subtract(one, mask), kept);
            TWidth.Store(_x + i, TWidth.Add(outside, TWidth.Multiply(mask, TWidth.Load(_x + i))));
        }
        for (; i < end; i++)
        {
            Blend(i);
        }
    }

    private void Blend(long i)
    {
        var kept = (sigma * _noise[i]) + ((1 - sigma) * _clean[i]);
        _x[i] = ((1 - _mask[i]) * kept) + (_mask[i] * _x[i]);
    }
}
