using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// [−1, 1] to bytes: round-half-even(clamp(0.5·x + 0.5, 0, 1)·255); NaN becomes 0. A row is <see cref="IRowKernel.Elements"/> elements of the whole.
/// </summary>
internal readonly unsafe struct Rgb8(float* x, byte* into, long total) : IRowKernel
{
    private readonly float* _x = x;
    private readonly byte* _into = into;

    public void Scalar(int start, int count)
    {
        for (var i = (long)start * IRowKernel.Elements; i < Math.Min(total, ((long)start + count) * IRowKernel.Elements); i++)
        {
            _into[i] = Convert(_x[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var (half, one, scale) = (TWidth.Broadcast(0.5f), TWidth.Broadcast(1), TWidth.Broadcast(255));
        var magic = TWidth.Broadcast(12582912f); // 1.5·2²³: adding it rounds to an integer and leaves that in the lowest bits.
        var lanes = stackalloc float[TWidth.Count];
        var (i, end) = ((long)start * IRowKernel.Elements, Math.Min(total, ((long)start + count) * IRowKernel.Elements));
        for (; i <= end - TWidth.Count; i += TWidth.Count)
        {
            var value = TWidth.Add(TWidth.Multiply(half, TWidth.Load(_x + i)), half);
            var clamped = TWidth.Min(TWidth.Max(value, TWidth.Zero), one);
            TWidth.Store(lanes, TWidth.Add(TWidth.Multiply(clamped, scale), magic));
            for (var lane = 0; lane < TWidth.Count; lane++)
            {
                _into[i + lane] = (byte)((uint*)lanes)[lane];
            }
        }
        for (; i < end; i++)
        {
            _into[i] = Convert(_x[i]);
        }
    }

    private static byte Convert(float x)
    {
        var value = (0.5f * x) + 0.5f;
        return value > 0 ? (byte)MathF.Round(Math.Min(value, 1) * 255) : (byte)0;
    }
}
