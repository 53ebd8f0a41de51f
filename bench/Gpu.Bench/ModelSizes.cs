using QwenMesh.Denoiser.Transformer;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Gpu.Bench;

/// <summary>The released models' sizes, or small ones of the same kind.</summary>
internal sealed record ModelSizes(TransformerConfig Transformer, TextModelConfig TextModel, AutoencoderConfig Autoencoder)
{
    /// <summary>Prompts' rows after the template's are dropped: what the FLOPs of the published figures were counted with.</summary>
    public const int TextTokens = 64;

    /// <summary>Qwen-Image: 20B transformer, 7B text model.</summary>
    public static ModelSizes Released { get; } = new(
        new TransformerConfig(),
        new TextModelConfig(152064, 3584, 18944, 28, 28, 4, 1e-6f, 1e6, [16, 24, 24]),
        WithStatistics(new AutoencoderConfig()))
    {
        Sides = [1024, 1328],
        PromptTokens = [34 + TextTokens, 34 + 512],
    };

    public static ModelSizes Tiny { get; } = new(
        new TransformerConfig { Layers = 2, Heads = 4, HeadDim = 32, JointAttentionDim = 96, RopeAxes = [8, 12, 12] },
        new TextModelConfig(1000, 96, 160, 2, 4, 2, 1e-6f, 1e6, [4, 4, 4]),
        WithStatistics(new AutoencoderConfig { BaseDim = 16 }))
    {
        Sides = [64, 96],
        PromptTokens = [34 + TextTokens],
    };

    /// <summary>Sides of the square pictures, in pixels.</summary>
    public required int[] Sides { get; init; }

    /// <summary>Tokens of prompts with their template.</summary>
    public required int[] PromptTokens { get; init; }

    private static AutoencoderConfig WithStatistics(AutoencoderConfig config)
    {
        var (mean, deviation) = (new float[config.ZDim], new float[config.ZDim]);
        Array.Fill(deviation, 1);
        return config with { LatentsMean = mean, LatentsStd = deviation };
    }
}
