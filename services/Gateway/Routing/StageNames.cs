namespace QwenMesh.Gateway.Routing;

/// <summary>Names of the stages; also the ids of their clusters, and what StageFault.stage says.</summary>
internal static class StageNames
{
    public const string Encoder = "encoder";
    public const string Denoiser = "denoiser";
    public const string Vae = "vae";

    public static readonly string[] All = [Encoder, Denoiser, Vae];
}
