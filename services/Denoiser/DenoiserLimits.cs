using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Denoiser;

/// <summary>What a call may ask of this model and this configuration.</summary>
/// <param name="Model">The transformer's sizes.</param>
/// <param name="Controls">Control networks by name.</param>
/// <param name="MaxImageTokens">Packed tokens of the picture and its references.</param>
/// <param name="MaxSteps">Steps.</param>
/// <param name="MaxReferences">References.</param>
internal sealed record DenoiserLimits(
    TransformerConfig Model, IReadOnlyDictionary<string, ControlNetwork> Controls, int MaxImageTokens, int MaxSteps, int MaxReferences)
{
    /// <summary>Control pictures: each is a run of its network in every step.</summary>
    public const int MaxControls = 8;

    public static DenoiserLimits Of(LoadedDenoiser loaded, DenoiserOptions options) =>
        new(loaded.Transformer.Config, loaded.Controls, options.MaxImageTokens, options.MaxSteps, options.MaxReferences);
}
