using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Denoiser;

/// <summary>What a call may ask of this model and this configuration.</summary>
internal sealed record DenoiserLimits(TransformerConfig Model, int MaxImageTokens, int MaxSteps, long MaxTensorBytes);
