namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Sums and activation functions in double precision: what the vector forms are compared with.</summary>
internal static unsafe class ScalarMath
{
    /// <summary>Σ a·b in double precision.</summary>
    public static double Dot(float* a, float* b, int count)
    {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        var i = 0;
        for (; i <= count - 4; i += 4)
        {
            s0 += (double)a[i] * b[i];
            s1 += (double)a[i + 1] * b[i + 1];
            s2 += (double)a[i + 2] * b[i + 2];
            s3 += (double)a[i + 3] * b[i + 3];
        }
        for (; i < count; i++)
        {
            s0 += (double)a[i] * b[i];
        }
        return s0 + s1 + (s2 + s3);
    }

    public static float Silu(float x) => (float)(x / (1 + Math.Exp(-x)));

    public static float GeluTanh(float x)
    {
        var cube = (double)x * x * x;
        return (float)(0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * cube)))));
    }

    public static float GeluErf(float x) => (float)(0.5 * x * (1 + Erf(x / Math.Sqrt(2))));

    public static float Activate(float x, Activation activation) => activation switch
    {
        Activation.None => x,
        Activation.Silu => Silu(x),
        Activation.GeluTanh => GeluTanh(x),
        Activation.GeluErf => GeluErf(x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation"),
    };

    /// <summary>Error function: power series near zero, continued fraction of the complement beyond (DLMF 7.6.2, 7.9.2).</summary>
    internal static double Erf(double x)
    {
        var z = Math.Abs(x);
        if (double.IsNaN(x) || z > 6)
        {
            return double.IsNaN(x) ? x : Math.Sign(x);
        }
        return Math.Sign(x) * (z < 2.5 ? ErfSeries(z) : 1 - ErfcFraction(z));
    }

    private static double ErfSeries(double z)
    {
        // erf z = 2/√π · e^(−z²) · Σ 2ⁿ z^(2n+1) / (1·3·…·(2n+1)): all terms positive.
        var term = z;
        var sum = z;
        for (var n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * z * z / ((2 * n) + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum;
    }

    private static double ErfcFraction(double z)
    {
        // erfc z = e^(−z²)/√π · 1/(z + ½/(z + 1/(z + 3⁄2/(z + …))))
        var fraction = z;
        for (var n = 60; n >= 1; n--)
        {
            fraction = z + (n / 2.0 / fraction);
        }
        return Math.Exp(-z * z) / Math.Sqrt(Math.PI) / fraction;
    }
}
