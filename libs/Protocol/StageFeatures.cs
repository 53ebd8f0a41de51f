namespace QwenMesh.Protocol;

/// <summary>
/// What a request may name in required_features and a stage in ModelInfo.features. Protobuf drops fields that a receiver does not know: a feature is
/// named for everything whose loss would change the result.
/// </summary>
public static class StageFeatures
{
    /// <summary>Encoder: several prompts in one call.</summary>
    public const string Prompts = "prompts";

    /// <summary>Encoder: reference pictures.</summary>
    public const string Images = "images";

    /// <summary>Denoiser: reference latents on the sequence axis.</summary>
    public const string References = "references";

    /// <summary>Denoiser: initial latents with strength.</summary>
    public const string InitialLatents = "initial_latents";

    /// <summary>Denoiser: a mask.</summary>
    public const string Inpaint = "inpaint";

    /// <summary>Denoiser: control networks.</summary>
    public const string Control = "control";

    /// <summary>Denoiser: adapters (LoRA).</summary>
    public const string Adapters = "adapters";

    /// <summary>Denoiser: start_step with latents.</summary>
    public const string Resume = "resume";

    /// <summary>Denoiser: previews.</summary>
    public const string Preview = "preview";

    /// <summary>Denoiser: checkpoints.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>Denoiser: SCHEDULER_LIGHTNING.</summary>
    public const string Lightning = "lightning";

    /// <summary>Vae: Encode.</summary>
    public const string VaeEncode = "vae_encode";

    /// <summary>Vae: pictures in FLOAT32.</summary>
    public const string FloatOutput = "float_output";
}
