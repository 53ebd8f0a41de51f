namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>A card's memory as the engine may see it: what was free when it was opened, and how much of that has been taken since.</summary>
internal sealed class CardMemory(CudaDevice card)
{
    /// <summary>Free when the engine was opened; what was taken before is not ours.</summary>
    public long Limit { get; } = card.Memory().Free;

    /// <summary>Taken since, with what LibTorch keeps for reuse: it gives nothing back, so that this is also the most there was.</summary>
    public long Taken => Math.Max(0, Limit - card.Memory().Free);
}
