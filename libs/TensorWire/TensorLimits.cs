namespace QwenMesh.TensorWire;

/// <summary>What a receiver accepts in one call.</summary>
/// <param name="MaxBytes">Bytes of all tensors together.</param>
/// <param name="MaxTensors">Number of tensors.</param>
/// <param name="MaxNameLength">Characters of a tensor's name.</param>
public sealed record TensorLimits(long MaxBytes = 256L << 20, int MaxTensors = 16, int MaxNameLength = 64)
{
    /// <summary>Bytes of one chunk at most, by the contract.</summary>
    public const int MaxChunkBytes = 1 << 20;

    /// <summary>Axes of a tensor at most, by the contract.</summary>
    public const int MaxRank = 8;
}
