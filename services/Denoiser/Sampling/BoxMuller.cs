using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QwenMesh.Denoiser.Sampling;

/// <summary>
/// The Box-Muller transform on blocks of 16 uniforms: 8 for the radius, then 8 for the angle. Logarithm, sine and cosine are the
/// Cephes polynomials of torch's AVX2 path with every multiply-add fused where its compiler fuses it; the order of operations and
/// the rounding of each are part of the result. Fused operations round once also where the processor has none (then in software).
/// </summary>
internal static class BoxMuller
{
    /// <summary>Values that are transformed together.</summary>
    public const int Block = 16;

    private const int Half = Block / 2;
    private const float TwoPi = 2f * MathF.PI;

    /// <summary>Turns uniforms in [0, 1) into normals, in place; the length is a multiple of 16.</summary>
    public static void Transform(Span<float> values)
    {
        for (var block = values; block.Length >= Block; block = block[Block..])
        {
            if (Vector256.IsHardwareAccelerated)
            {
                TransformVector(block);
            }
            else
            {
                TransformScalar(block);
            }
        }
    }

    /// <summary>One block, a value at a time.</summary>
    public static void TransformScalar(Span<float> block)
    {
        for (var i = 0; i < Half; i++)
        {
            var radius = MathF.Sqrt(-2f * Log(1f - block[i]));
            var (sin, cos) = SinCos(TwoPi * block[Half + i]);
            block[i] = radius * cos;
            block[Half + i] = radius * sin;
        }
    }

    /// <summary>One block, eight values at a time.</summary>
    public static void TransformVector(Span<float> block)
    {
        var u1 = Vector256<float>.One - Vector256.Create(block[..Half]);
        var u2 = Vector256.Create(block.Slice(Half, Half));
        var radius = Vector256.Sqrt(Vector256.Create(-2f) * Log(u1));
        var (sin, cos) = SinCos(Vector256.Create(TwoPi) * u2);
        (radius * cos).CopyTo(block);
        (radius * sin).CopyTo(block[Half..]);
    }

    private static float Log(float x)
    {
        var bits = BitConverter.SingleToInt32Bits(x);
        var exponent = (float)((bits >> 23) - 127) + 1f;
        var m = BitConverter.Int32BitsToSingle((bits & 0x007FFFFF) | 0x3F000000);
        var t = m - 1f;
        if (m < SqrtHalf)
        {
            exponent -= 1f;
            t += m;
        }
        var z = t * t;
        var y = LogTerms[0];
        for (var k = 1; k < LogTerms.Length; k++)
        {
            y = MathF.FusedMultiplyAdd(y, t, LogTerms[k]);
        }
        y *= t;
        y = MathF.FusedMultiplyAdd(y, z, exponent * LogLow);
        y -= 0.5f * z;
        return (t + y) + (exponent * LogHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Log(Vector256<float> x)
    {
        var bits = x.AsInt32();
        var exponent = Vector256.ConvertToSingle((bits >>> 23) - Vector256.Create(127)) + Vector256<float>.One;
        var m = ((bits & Vector256.Create(0x007FFFFF)) | Vector256.Create(0x3F000000)).AsSingle();
        var small = Vector256.LessThan(m, Vector256.Create(SqrtHalf));
        exponent -= Vector256<float>.One & small;
        var t = (m - Vector256<float>.One) + (m & small);
        var z = t * t;
        var y = Vector256.Create(LogTerms[0]);
        for (var k = 1; k < LogTerms.Length; k++)
        {
            y = Vector256.FusedMultiplyAdd(y, t, Vector256.Create(LogTerms[k]));
        }
        y *= t;
        y = Vector256.FusedMultiplyAdd(y, z, exponent * LogLow);
        y -= z * 0.5f;
        return (t + y) + (exponent * LogHigh);
    }

    private static (float Sin, float Cos) SinCos(float angle)
    {
        var j = ((int)(angle * FourOverPi) + 1) & ~1;
        var y = (float)j;
        var x = MathF.FusedMultiplyAdd(y, ReduceHigh, angle);
        x = MathF.FusedMultiplyAdd(y, ReduceMiddle, x);
        x = MathF.FusedMultiplyAdd(y, ReduceLow, x);
        var z = x * x;
        var c = MathF.FusedMultiplyAdd(MathF.FusedMultiplyAdd(Cos0, z, Cos1), z, Cos2) * z;
        c = MathF.FusedMultiplyAdd(c, z, -(0.5f * z)) + 1f;
        var s = MathF.FusedMultiplyAdd(MathF.FusedMultiplyAdd(Sin0, z, Sin1), z, Sin2) * z;
        s = MathF.FusedMultiplyAdd(s, x, x);
        var (sin, cos) = (j & 2) == 0 ? (s, c) : (c, s);
        return ((j & 4) != 0 ? -sin : sin, ((j - 2) & 4) == 0 ? -cos : cos);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Sin, Vector256<float> Cos) SinCos(Vector256<float> angle)
    {
        var j = (Vector256.ConvertToInt32(angle * FourOverPi) + Vector256<int>.One) & Vector256.Create(~1);
        var y = Vector256.ConvertToSingle(j);
        var x = Vector256.FusedMultiplyAdd(y, Vector256.Create(ReduceHigh), angle);
        x = Vector256.FusedMultiplyAdd(y, Vector256.Create(ReduceMiddle), x);
        x = Vector256.FusedMultiplyAdd(y, Vector256.Create(ReduceLow), x);
        var z = x * x;
        var c = Vector256.FusedMultiplyAdd(Vector256.Create(Cos0), z, Vector256.Create(Cos1));
        c = Vector256.FusedMultiplyAdd(c, z, Vector256.Create(Cos2)) * z;
        c = Vector256.FusedMultiplyAdd(c, z, -(z * 0.5f)) + Vector256<float>.One;
        var s = Vector256.FusedMultiplyAdd(Vector256.Create(Sin0), z, Vector256.Create(Sin1));
        s = Vector256.FusedMultiplyAdd(s, z, Vector256.Create(Sin2)) * z;
        s = Vector256.FusedMultiplyAdd(s, x, x);
        var straight = Vector256.Equals(j & Vector256.Create(2), Vector256<int>.Zero).AsSingle();
        var sin = Vector256.ConditionalSelect(straight, s, c).AsInt32();
        var cos = Vector256.ConditionalSelect(straight, c, s).AsInt32();
        // Bit 2 of j, moved to the sign bit.
        sin ^= (j & Vector256.Create(4)) << 29;
        cos ^= (~(j - Vector256.Create(2)) & Vector256.Create(4)) << 29;
        return (sin.AsSingle(), cos.AsSingle());
    }

    private const float SqrtHalf = 0.707106781186547524f;
    private const float LogLow = -2.12194440e-4f;
    private const float LogHigh = 0.693359375f;
    private const float FourOverPi = 1.27323954473516f;
    private const float ReduceHigh = -0.78515625f;
    private const float ReduceMiddle = -2.4187564849853515625e-4f;
    private const float ReduceLow = -3.77489497744594108e-8f;
    private const float Cos0 = 2.443315711809948E-5f;
    private const float Cos1 = -1.388731625493765E-3f;
    private const float Cos2 = 4.166664568298827E-2f;
    private const float Sin0 = -1.9515295891E-4f;
    private const float Sin1 = 8.3321608736E-3f;
    private const float Sin2 = -1.6666654611E-1f;

    private static ReadOnlySpan<float> LogTerms =>
    [
        7.0376836292E-2f, -1.1514610310E-1f, 1.1676998740E-1f, -1.2420140846E-1f, 1.4249322787E-1f,
        -1.6668057665E-1f, 2.0000714765E-1f, -2.4999993993E-1f, 3.3333331174E-1f,
    ];
}
