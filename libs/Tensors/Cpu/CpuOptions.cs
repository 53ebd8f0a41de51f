using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu;

/// <summary>Settings of the CPU engine.</summary>
public sealed record CpuOptions
{
    /// <summary>Threads that one operation may use, the caller's included; null takes all processors of the machine or container.</summary>
    public int? Threads { get; init; }

    /// <summary>Runs every operation on its plain scalar loops: slow, for comparison.</summary>
    public bool Scalar { get; init; }

    /// <summary>
    /// Memory for Float32 copies of matrices in the order in which products read them; beyond it they are rearranged in every product.
    /// </summary>
    public long PackedWeightBytes { get; init; } = 512L << 20;

    /// <summary>Caps the vector width below what the processor has; for tests.</summary>
    internal SimdLevel? Simd { get; init; }
}
