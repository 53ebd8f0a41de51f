using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Denoiser;

/// <summary>One picture to denoise. Everything in it has been checked.</summary>
internal sealed record DenoiseJob
{
    public required LatentGrid Grid { get; init; }

    public required int Steps { get; init; }

    /// <summary>Qwen-Image-Lightning's schedule in place of the checkpoint's.</summary>
    public bool Lightning { get; init; }

    public float TrueCfgScale { get; init; } = 1;

    public ulong Seed { get; init; }

    public required PromptEmbeds Prompt { get; init; }

    public PromptEmbeds? NegativePrompt { get; init; }

    /// <summary>[channels, height, width] in place of the seed's.</summary>
    public float[]? Noise { get; init; }

    /// <summary>Steps that are done already.</summary>
    public int StartStep { get; init; }

    /// <summary>[channels, height, width] after those steps.</summary>
    public float[]? Latents { get; init; }

    /// <summary>Steps between previews; 0 for none.</summary>
    public int PreviewInterval { get; init; }

    /// <summary>Steps between checkpoints; 0 for none.</summary>
    public int CheckpointInterval { get; init; }

    /// <summary>Whether every step runs a second pass, with the negative prompt.</summary>
    public bool IsGuided => TrueCfgScale > 1 && NegativePrompt is not null;
}
