using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into = x / max(‖x‖₂, 1e-12) · √C · gamma per pixel, then SiLU when asked; may be in place.</summary>
internal readonly unsafe struct ChannelNorm(CpuRuntime runtime, float* x, float* gamma, bool silu, float* into, int channels) : IRowKernel
{
    private const float SmallestNorm = 1e-12f;

    private readonly float* _x = x;
    private readonly float* _gamma = gamma;
    private readonly float* _into = into;

    public void Scalar(int start, int count)
    {
        for (var pixel = start; pixel < start + count; pixel++)
        {
            var offset = (long)pixel * channels;
            var norm = Math.Sqrt(ScalarMath.Dot(_x + offset, _x + offset, channels));
            var factor = Math.Sqrt(channels) / Math.Max(norm, SmallestNorm);
            for (var i = 0; i < channels; i++)
            {
                var value = (float)(_x[offset + i] * factor * _gamma[i]);
                _into[offset + i] = silu ? ScalarMath.Silu(value) : value;
            }
        }
    }

    /// <summary>Pixels are moved into the lanes and back, because a picture's finest levels have fewer channels than a vector has lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Vector<TWidth, TVector>(int start, int count)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        using var memory = runtime.Floats((long)channels * TWidth.Count);
        new Span<float>(memory.Pointer, channels * TWidth.Count).Clear();
        for (var pixel = start; pixel < start + count; pixel += TWidth.Count)
        {
            var (offset, pixels) = ((long)pixel * channels, Math.Min(TWidth.Count, start + count - pixel));
            Transpose.Run(_x + offset, channels, pixels, channels, memory.Pointer, TWidth.Count);
            Normalize<TWidth, TVector>(memory.Pointer);
            Transpose.Run(memory.Pointer, TWidth.Count, channels, pixels, _into + offset, channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize<TWidth, TVector>(float* planes)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        TVector even = TWidth.Zero, odd = TWidth.Zero;
        for (var c = 0; c < channels; c++)
        {
            var value = TWidth.Load(planes + (c * TWidth.Count));
            (even, odd) = (odd, TWidth.MultiplyAdd(value, value, even));
        }
        var norm = TWidth.Max(TWidth.Sqrt(TWidth.Add(even, odd)), TWidth.Broadcast(SmallestNorm));
        var factor = TWidth.Divide(TWidth.Broadcast(MathF.Sqrt(channels)), norm);
        for (var c = 0; c < channels; c++)
        {
            var plane = planes + (c * TWidth.Count);
            var value = TWidth.Multiply(TWidth.Multiply(TWidth.Load(plane), factor), TWidth.Broadcast(_gamma[c]));
            TWidth.Store(plane, silu ? VectorMath<TWidth, TVector>.Silu(value) : value);
        }
    }
}
