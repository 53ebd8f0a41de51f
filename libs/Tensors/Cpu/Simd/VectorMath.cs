using System.Runtime.CompilerServices;

namespace QwenMesh.Tensors.Cpu.Simd;

/// <summary>Functions of vectors, within a few units in the last place of <see cref="Kernels.ScalarMath"/>.</summary>
internal static class VectorMath<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    /// <summary>e^x; 0 below −104, infinity above 88.7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        // x = n·ln2 + r, |r| ≤ ln2/2; ln2 in two parts, of which the first times n is exact. Operand order keeps a NaN.
        x = TWidth.Min(TWidth.Broadcast(89f), TWidth.Max(TWidth.Broadcast(-104f), x));
        var magic = TWidth.Broadcast(12582912f); // 1.5·2²³: adding it rounds to an integer.
        var n = TWidth.Subtract(TWidth.MultiplyAdd(x, TWidth.Broadcast(1.44269504f), magic), magic);
        var r = TWidth.MultiplyAdd(n, TWidth.Broadcast(-0.693359375f), x);
        r = TWidth.MultiplyAdd(n, TWidth.Broadcast(2.12194440e-4f), r);

        // Taylor series: the first term left out is r⁸/8! < 6e-9.
        var sum = TWidth.Broadcast(1 / 5040f);
        sum = TWidth.MultiplyAdd(sum, r, TWidth.Broadcast(1 / 720f));
        sum = TWidth.MultiplyAdd(sum, r, TWidth.Broadcast(1 / 120f));
        sum = TWidth.MultiplyAdd(sum, r, TWidth.Broadcast(1 / 24f));
        sum = TWidth.MultiplyAdd(sum, r, TWidth.Broadcast(1 / 6f));
        sum = TWidth.MultiplyAdd(sum, r, TWidth.Broadcast(0.5f));
        sum = TWidth.MultiplyAdd(sum, r, TWidth.Broadcast(1f));
        sum = TWidth.MultiplyAdd(sum, r, TWidth.Broadcast(1f));
        return TWidth.Scale(sum, n);
    }

    /// <summary>x·σ(x)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Silu(TVector x)
    {
        var one = TWidth.Broadcast(1f);
        return TWidth.Divide(x, TWidth.Add(one, Exp(TWidth.Subtract(TWidth.Zero, x))));
    }

    /// <summary>0.5x(1 + tanh u) = x·σ(2u) with u = √(2/π)(x + 0.044715x³).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluTanh(TVector x)
    {
        const float Linear = -1.5957691216f; // −2√(2/π)
        var inner = TWidth.MultiplyAdd(TWidth.Multiply(x, x), TWidth.Broadcast(Linear * 0.044715f), TWidth.Broadcast(Linear));
        return TWidth.Divide(x, TWidth.Add(TWidth.Broadcast(1f), Exp(TWidth.Multiply(x, inner))));
    }

    /// <summary>x·Φ(x); the normal distribution from the complementary error function, so that its tail is accurate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluErf(TVector x)
    {
        var negative = TWidth.Subtract(TWidth.Zero, x);
        var z = TWidth.Multiply(TWidth.Max(negative, x), TWidth.Broadcast(0.70710678f));
        var half = TWidth.Multiply(TWidth.Broadcast(0.5f), Erfc(z));
        return TWidth.Multiply(x, TWidth.WhereLess(x, TWidth.Zero, half, TWidth.Subtract(TWidth.Broadcast(1f), half)));
    }

    /// <summary>erfc z for z ≥ 0: e^(−z²)·T(t), t = (z − 3)/(z + 3), T interpolated at 11 Chebyshev nodes over z in [0, 10].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Erfc(TVector z)
    {
        z = TWidth.Min(TWidth.Broadcast(10f), z);
        var three = TWidth.Broadcast(3f);
        var t = TWidth.Divide(TWidth.Subtract(z, three), TWidth.Add(z, three));
        var sum = TWidth.Broadcast(5.37066852e-05f);
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(2.44068586e-05f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(-0.000595398008f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(0.000718695864f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(0.00427002262f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(-0.024394935f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(0.0716655931f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(-0.150115711f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(0.245603816f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(-0.326233566f));
        sum = TWidth.MultiplyAdd(sum, t, TWidth.Broadcast(0.179001151f));
        return TWidth.Multiply(sum, Exp(TWidth.Subtract(TWidth.Zero, TWidth.Multiply(z, z))));
    }
}
