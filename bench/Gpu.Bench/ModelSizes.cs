using QwenMesh.Denoiser.Transformer;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Gpu.Bench;

/// <summary>The released models' sizes, or small ones of the same kind.</summary>
internal sealed record ModelSizes(TransformerConfig Transformer, TextModelConfig TextModel, VisionConfig Vision, AutoencoderConfig Autoencoder)
{
    /// <summary>Prompts' rows after the template's are dropped: what the FLOPs of the published figures were counted with.</summary>
    public const int TextTokens = 64;

    /// <summary>
    /// Qwen-Image: 20B transformer, 7B text model with its vision tower. As in Edit-2511 references have time 0; without references that
    /// changes nothing.
    /// </summary>
    public static ModelSizes Released { get; } = new(
        new TransformerConfig { ZeroCondT = true },
        new TextModelConfig(152064, 3584, 18944, 28, 28, 4, 1e-6f, 1e6, [16, 24, 24]),
        new VisionConfig(),
        WithStatistics(new AutoencoderConfig()))
    {
        Sides = [1024, 1328],
        PromptTokens = [34 + TextTokens, 34 + 512],
        // 384² and 1024² pixels: what EditPlus and Edit bring a picture to.
        PictureSides = [14, 37],
    };

    public static ModelSizes Tiny { get; } = new(
        new TransformerConfig { Layers = 2, Heads = 4, HeadDim = 32, JointAttentionDim = 96, RopeAxes = [8, 12, 12], ZeroCondT = true },
        new TextModelConfig(1000, 96, 160, 2, 4, 2, 1e-6f, 1e6, [4, 4, 4]),
        new VisionConfig { Depth = 2, HiddenSize = 64, IntermediateSize = 96, Heads = 4, FullAttentionBlocks = [1], OutHiddenSize = 96, ImageToken = 999 },
        WithStatistics(new AutoencoderConfig { BaseDim = 16 }))
    {
        Sides = [64, 96],
        PromptTokens = [34 + TextTokens],
        PictureSides = [3, 5],
    };

    /// <summary>Sides of the square pictures, in pixels.</summary>
    public required int[] Sides { get; init; }

    /// <summary>Tokens of prompts with their template.</summary>
    public required int[] PromptTokens { get; init; }

    /// <summary>
    /// Sides of the square pictures that the Encoder sees, in merged patches; of the first size the conditioning of an edit has as many rows
    /// for each reference.
    /// </summary>
    public required int[] PictureSides { get; init; }

    private static AutoencoderConfig WithStatistics(AutoencoderConfig config)
    {
        var (mean, deviation) = (new float[config.ZDim], new float[config.ZDim]);
        Array.Fill(deviation, 1);
        return config with { LatentsMean = mean, LatentsStd = deviation };
    }
}
