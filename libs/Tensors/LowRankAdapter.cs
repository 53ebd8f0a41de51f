namespace QwenMesh.Tensors;

/// <summary>
/// A low-rank addition to a linear layer (LoRA): x·Wᵀ + b becomes x·Wᵀ + b + scale·(x·downᵀ)·upᵀ. Several adapters of one layer are one whose
/// ranks are stacked: the rows of <paramref name="down"/> and the columns of <paramref name="up"/> one after the other, each up scaled beforehand.
/// </summary>
/// <param name="down">[r, in]</param>
/// <param name="up">[out, r]</param>
/// <param name="scale">Factor of the addition, usually alpha / r times the user's strength.</param>
public sealed class LowRankAdapter(LinearWeight down, LinearWeight up, float scale)
{
    /// <summary>[r, in], without bias.</summary>
    public LinearWeight Down { get; } = down;

    /// <summary>[out, r], without bias.</summary>
    public LinearWeight Up { get; } = up.InFeatures == down.OutFeatures
        ? up
        : throw new ShapeException(nameof(LowRankAdapter), $"up [out, {down.OutFeatures}]", $"[{up.OutFeatures}, {up.InFeatures}]");

    /// <summary>Factor of the addition.</summary>
    public float Scale { get; } = scale;

    /// <summary>r.</summary>
    public int Rank => Down.OutFeatures;
}
