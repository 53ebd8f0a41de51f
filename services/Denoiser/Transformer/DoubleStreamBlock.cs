using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>One MMDiT block: two streams with weights of their own and one attention over both (docs/model.md 5.5).</summary>
internal sealed class DoubleStreamBlock(TransformerConfig config, LayerLoader loader, TensorBackend backend)
{
    public const float Epsilon = 1e-6f;

    private readonly StreamLayer _image = new(config, StreamNames.Image, loader);
    private readonly StreamLayer _text = new(config, StreamNames.Text, loader);
    private readonly float _scale = 1f / MathF.Sqrt(config.HeadDim);

    /// <summary>Computes the block's modulation of a step. time [1, D].</summary>
    public void Modulate(Tensor time, BlockModulation into)
    {
        backend.Linear(time, _image.Modulation, into.Image[0].Row);
        backend.Linear(time, _text.Modulation, into.Text[0].Row);
    }

    /// <summary>Computes what <see cref="BlockModulation.Image"/> has for tokens whose time stays 0. time [1, D], of time 0.</summary>
    public void ModulateStill(Tensor time, BlockModulation into) => backend.Linear(time, _image.Modulation, into.Image[1].Row);

    /// <summary>Advances the hidden rows of both streams, in place.</summary>
    /// <param name="keepText">False in the last block, whose text output is not used: there the text only gives keys and values.</param>
    public void Run(JointStreams streams, BlockModulation modulation, bool keepText)
    {
        var (image, text) = (streams.Image, streams.Text);
        Project(_image, image, modulation.Image, withQuery: true);
        Project(_text, text, modulation.Text, withQuery: keepText);
        backend.Attention(
            keepText ? streams.Query : image.Query,
            streams.Key,
            streams.Value,
            config.Heads,
            config.Heads,
            _scale,
            causal: false,
            keepText ? streams.Attended : image.Attended);
        // Attention's result of both streams is used before either feed-forward runs, because the feed-forward overwrites it.
        AddAttended(_image, image, modulation.Image);
        if (keepText)
        {
            AddAttended(_text, text, modulation.Text);
            FeedForward(_text, text, modulation.Text);
        }
        FeedForward(_image, image, modulation.Image);
    }

    private void Project(StreamLayer layer, StreamRows rows, StreamModulation[] modulations, bool withQuery)
    {
        foreach (var (range, modulation) in rows.Ranges.Zip(modulations))
        {
            backend.LayerNormModulate(range.Hidden, modulation.Attention.Shift, modulation.Attention.Scale, Epsilon, range.Normed);
        }
        backend.Linear(rows.Normed, layer.Key, rows.Key);
        backend.Linear(rows.Normed, layer.Value, rows.Value);
        Turn(rows.Key, layer.KeyNorm, rows.Rotary);
        if (withQuery)
        {
            backend.Linear(rows.Normed, layer.Query, rows.Query);
            Turn(rows.Query, layer.QueryNorm, rows.Rotary);
        }
    }

    private void Turn(Tensor x, Tensor norm, RotaryTensors rotary) =>
        backend.HeadNormRotary(x, config.Heads, norm, Epsilon, rotary.Cos, rotary.Sin, RotaryLayout.Interleaved);

    private void AddAttended(StreamLayer layer, StreamRows rows, StreamModulation[] modulations)
    {
        foreach (var (range, modulation) in rows.Ranges.Zip(modulations))
        {
            backend.LinearResidual(range.Attended, layer.Output, modulation.Attention.Gate, range.Hidden);
        }
    }

    private void FeedForward(StreamLayer layer, StreamRows rows, StreamModulation[] modulations)
    {
        foreach (var (range, modulation) in rows.Ranges.Zip(modulations))
        {
            backend.LayerNormModulate(range.Hidden, modulation.Mlp.Shift, modulation.Mlp.Scale, Epsilon, range.Normed);
        }
        backend.Linear(rows.Normed, layer.MlpIn, rows.Mlp, Activation.GeluTanh);
        foreach (var (range, modulation) in rows.Ranges.Zip(modulations))
        {
            backend.LinearResidual(range.Mlp, layer.MlpOut, modulation.Mlp.Gate, range.Hidden);
        }
    }
}

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
internal sealed class StreamLayer(TransformerConfig config, StreamNames names, LayerLoader block)
{
    /// <summary>[6D, D]: SiLU(time) to shift, scale and gate of both sub-layers.</summary>
    public LinearWeight Modulation { get; } = block.Linear(names.Modulation, StreamModulation.Parts * config.Width, config.Width);

    public LinearWeight Query { get; } = block.Linear(names.Query, config.Width, config.Width);

    public LinearWeight Key { get; } = block.Linear(names.Key, config.Width, config.Width);

    public LinearWeight Value { get; } = block.Linear(names.Value, config.Width, config.Width);

    /// <summary>[head_dim], shared by the heads.</summary>
    public Tensor QueryNorm { get; } = block.Norm(names.QueryNorm, config.HeadDim);

    public Tensor KeyNorm { get; } = block.Norm(names.KeyNorm, config.HeadDim);

    public LinearWeight Output { get; } = block.Linear(names.Output, config.Width, config.Width);

    /// <summary>[4D, D]</summary>
    public LinearWeight MlpIn { get; } = block.Linear($"{names.Mlp}.net.0.proj", config.MlpWidth, config.Width);

    public LinearWeight MlpOut { get; } = block.Linear($"{names.Mlp}.net.2", config.Width, config.MlpWidth);
}
