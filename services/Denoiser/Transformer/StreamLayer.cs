using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>Checkpoint names of one stream inside of a block.</summary>
internal sealed record StreamNames(
    string Modulation, string Query, string Key, string Value, string QueryNorm, string KeyNorm, string Output, string Mlp)
{
    public static StreamNames Image { get; } =
        new("img_mod.1", "attn.to_q", "attn.to_k", "attn.to_v", "attn.norm_q", "attn.norm_k", "attn.to_out.0", "img_mlp");

    public static StreamNames Text { get; } = new(
        "txt_mod.1", "attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj", "attn.norm_added_q", "attn.norm_added_k", "attn.to_add_out", "txt_mlp");
}

/// <summary>Weights of one stream, image or text, in one block. D is the width of the streams.</summary>
internal sealed class StreamLayer
{
    public StreamLayer(TransformerConfig config, StreamNames names, LayerLoader block)
    {
        var width = config.Width;
        Modulation = block.Linear(names.Modulation, StreamModulation.Parts * width, width);
        Query = block.Linear(names.Query, width, width);
        Key = block.Linear(names.Key, width, width);
        Value = block.Linear(names.Value, width, width);
        QueryNorm = block.Norm(names.QueryNorm, config.HeadDim);
        KeyNorm = block.Norm(names.KeyNorm, config.HeadDim);
        Output = block.Linear(names.Output, width, width);
        MlpIn = block.Linear($"{names.Mlp}.net.0.proj", config.MlpWidth, width);
        MlpOut = block.Linear($"{names.Mlp}.net.2", width, config.MlpWidth);
    }

    /// <summary>[6D, D]: SiLU(time) to shift, scale and gate of both sub-layers.</summary>
    public LinearWeight Modulation { get; }

    public LinearWeight Query { get; }

    public LinearWeight Key { get; }

    public LinearWeight Value { get; }

    /// <summary>[head_dim], shared by the heads.</summary>
    public Tensor QueryNorm { get; }

    public Tensor KeyNorm { get; }

    public LinearWeight Output { get; }

    /// <summary>[4D, D]</summary>
    public LinearWeight MlpIn { get; }

    public LinearWeight MlpOut { get; }
}
