using QwenMesh.Denoiser.Transformer;
using QwenMesh.Imaging;

namespace QwenMesh.Mesh.Tests;

/// <summary>What the pipeline is asked for. Sizes that the model cannot have are rounded down, as in the reference.</summary>
internal sealed record OneProcessRequest(string Model, string Prompt, string? Negative, int Width, int Height, int Steps, float Scale, ulong Seed)
{
    /// <summary>The reference's class.</summary>
    public string Pipeline { get; init; } = PipelinePictures.TextToImage;

    /// <summary>References, the picture to begin from, or the control picture.</summary>
    public IReadOnlyList<RgbImage> Pictures { get; init; } = [];

    /// <summary>White is drawn anew.</summary>
    public RgbImage? Mask { get; init; }

    public double Strength { get; init; } = 1;

    /// <summary>Folder of the control network.</summary>
    public string? ControlNetwork { get; init; }

    public float ControlScale { get; init; } = 1;

    public bool Lightning { get; init; }

    public int MaxSequenceLength { get; init; } = 512;

    /// <summary>Called after each step with its number, from 1, and the packed latents [L, P].</summary>
    public Action<int, float[]>? LatentsDone { get; init; }
}

/// <summary>The picture, and the conditioning on the way to it.</summary>
internal sealed record OneProcessResult(RgbImage Picture, PromptEmbeds Prompt, PromptEmbeds? Negative);
