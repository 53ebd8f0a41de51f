using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QwenMesh.Tensors.Cpu.Simd;

/// <summary>Widest vectors that the kernels use.</summary>
internal enum SimdLevel
{
    /// <summary>Plain loops, sums in double precision.</summary>
    Scalar,

    /// <summary>NEON, SSE, or whatever the runtime makes of <see cref="Vector128{T}"/>.</summary>
    Vector128,

    /// <summary>AVX2 with FMA.</summary>
    Vector256,

    /// <summary>AVX-512.</summary>
    Vector512,
}

internal static class SimdLevels
{
    /// <remarks>
    /// Asks for AVX-512 itself: <see cref="Vector512.IsHardwareAccelerated"/> is false on processors whose clock drops under 512-bit
    /// code (Skylake and Cascade Lake servers), yet matrix products gain far more from the width than the clock takes.
    /// </remarks>
    public static SimdLevel Detected { get; } =
        Avx512F.IsSupported ? SimdLevel.Vector512
        : Avx2.IsSupported && Fma.IsSupported ? SimdLevel.Vector256
        : SimdLevel.Vector128;

    public static SimdLevel Choose(CpuOptions options)
    {
        if (options.Scalar)
        {
            return SimdLevel.Scalar;
        }
        return options.Simd is { } cap && cap < Detected ? cap : Detected;
    }
}
