using QwenMesh.Checkpoints;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>transformer/config.json of a QwenImageTransformer2DModel. Missing keys take the released values.</summary>
internal sealed record TransformerConfig
{
    public const string File = "transformer/config.json";

    /// <summary>Latent cells per token and side.</summary>
    public int PatchSize { get; init; } = 2;

    /// <summary>Channels of a packed token.</summary>
    public int InChannels { get; init; } = 64;

    /// <summary>Channels of the latents.</summary>
    public int OutChannels { get; init; } = 16;

    public int Layers { get; init; } = 60;

    public int HeadDim { get; init; } = 128;

    public int Heads { get; init; } = 24;

    /// <summary>Width of the conditioning.</summary>
    public int JointAttentionDim { get; init; } = 3584;

    /// <summary>Channels of a head that turn with the frame, the row and the column.</summary>
    public int[] RopeAxes { get; init; } = [16, 56, 56];

    /// <summary>
    /// Tokens of reference pictures are modulated by time 0 (Edit-2511; docs/model.md 5.6). Without references nothing changes, so text
    /// to image computes the same with and without it. It adds no weights.
    /// </summary>
    public bool ZeroCondT { get; init; }

    /// <summary>Width of both streams.</summary>
    public int Width => Heads * HeadDim;

    public int MlpWidth => 4 * Width;

    /// <exception cref="CheckpointException">The file is malformed, inconsistent or asks for a variant that is not supported.</exception>
    public static TransformerConfig Parse(string json) => Parse(File, json, "QwenImageTransformer2DModel");

    /// <summary>config.json of a control network for this transformer.</summary>
    /// <inheritdoc cref="Parse(string)"/>
    public TransformerConfig ParseControl(string path, string json)
    {
        var control = Parse(path, json, ControlNetwork.ConfigClass);
        var file = new ComponentConfig(path, json);
        if (file.Number("extra_condition_channels", 0) is var extra and not 0)
        {
            throw file.Refuse("extra_condition_channels 0 (control networks for inpainting are not supported)", $"{extra}");
        }
        file.DemandOff("zero_cond_t");
        var (here, there) = (control.Sizes, Sizes);
        return here == there ? control : throw file.Refuse($"the transformer's sizes {there}", $"{here}");
    }

    private (int Patch, int Channels, int Width, int Conditioning) Sizes => (PatchSize, InChannels, Width, JointAttentionDim);

    private static TransformerConfig Parse(string path, string json, string className)
    {
        var file = new ComponentConfig(path, json);
        file.DemandClass(className);
        // The reference itself fails with guidance_embeds; the other two belong to Qwen-Image-Layered.
        file.DemandOff("guidance_embeds", "use_layer3d_rope", "use_additional_t_cond");
        var config = new TransformerConfig
        {
            PatchSize = file.Count("patch_size", 2),
            InChannels = file.Count("in_channels", 64),
            OutChannels = file.Count("out_channels", 16),
            Layers = file.Count("num_layers", 60),
            HeadDim = file.Count("attention_head_dim", 128),
            Heads = file.Count("num_attention_heads", 24),
            JointAttentionDim = file.Count("joint_attention_dim", 3584),
            RopeAxes = file.Counts("axes_dims_rope", [16, 56, 56]),
            ZeroCondT = file.Flag("zero_cond_t", false),
        };
        config.Demand(file);
        return config;
    }

    private void Demand(ComponentConfig file)
    {
        // Far beyond any real model; keeps sizes of tensors within an int.
        const int MaxSize = 1 << 16;
        int[] sizes = [Layers, HeadDim, Heads, JointAttentionDim];
        if (sizes.Any(size => size > MaxSize) || (long)Heads * HeadDim > MaxSize || InChannels > 4096 || PatchSize > 64)
        {
            throw file.Refuse($"sizes of at most {MaxSize} (in_channels 4096, patch_size 64)", "a larger one");
        }
        if (RopeAxes.Length != 3 || RopeAxes.Any(dim => dim % 2 != 0) || RopeAxes.Sum(dim => (long)dim) != HeadDim)
        {
            throw file.Refuse(
                $"axes_dims_rope to be three even numbers that add up to attention_head_dim {HeadDim}", $"[{string.Join(", ", RopeAxes)}]");
        }
        var packed = (long)OutChannels * PatchSize * PatchSize;
        if (InChannels != packed)
        {
            throw file.Refuse($"in_channels to be out_channels x patch_size² = {packed}", $"{InChannels}");
        }
    }
}
