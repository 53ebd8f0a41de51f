using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>comb = negative + scale·(cond − negative); into = comb·(‖cond‖₂/‖comb‖₂), for every row; no epsilon (docs/model.md 8).</summary>
internal readonly unsafe struct TrueGuidance(float* cond, float* negative, float scale, float* into, int columns) : IRowKernel
{
    private readonly float* _cond = cond;
    private readonly float* _negative = negative;
    private readonly float* _into = into;

    public void Scalar(int start, int count)
    {
        for (var row = start; row < start + count; row++)
        {
            // The norms first: into may be one of the inputs.
            var offset = (long)row * columns;
            double squares = 0;
            for (var i = offset; i < offset + columns; i++)
            {
                double comb = Combine(i);
                squares += comb * comb;
            }
            var factor = (float)(Math.Sqrt(ScalarMath.Dot(_cond + offset, _cond + offset, columns)) / Math.Sqrt(squares));
            for (var i = offset; i < offset + columns; i++)
            {
                _into[i] = Combine(i) * factor;
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
        var end = offset + columns;
        var sums = TWidth.Zero;
        var i = offset;
        for (; i <= end - TWidth.Count; i += TWidth.Count)
        {
            var comb = Combine<TWidth, TVector>(i);
            sums = TWidth.MultiplyAdd(comb, comb, sums);
        }
        var squares = TWidth.Sum(sums);
        for (; i < end; i++)
        {
            squares += Combine(i) * Combine(i);
        }
        var condSquares = Sums<TWidth, TVector>.Products(_cond + offset, _cond + offset, columns);
        var factor = MathF.Sqrt(condSquares) / MathF.Sqrt(squares);
        for (i = offset; i <= end - TWidth.Count; i += TWidth.Count)
        {
            TWidth.Store(_into + i, TWidth.Multiply(Combine<TWidth, TVector>(i), TWidth.Broadcast(factor)));
        }
        for (; i < end; i++)
        {
            _into[i] = Combine(i) * factor;
        }
    }

    private float Combine(long i) => _negative[i] + (scale * (_cond[i] - _negative[i]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Combine<TWidth, TVector>(long i)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var negative = TWidth.Load(_negative + i);
        return TWidth.MultiplyAdd(TWidth.Broadcast(scale), TWidth.Subtract(TWidth.Load(_cond + i), negative), negative);
    }
}
