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
        backend.Linear(time, _image.Modulation, into.Image.Row);
        backend.Linear(time, _text.Modulation, into.Text.Row);
    }

    /// <summary>Advances the hidden rows of both streams, in place.</summary>
    /// <param name="keepText">False in the last block, whose text output is not used: there the text only gives keys and values.</param>
    public void Run(JointStreams streams, BlockModulation modulation, bool keepText)
    {
        var (image, text) = (streams.Image, streams.Text);
        Project(_image, image, modulation.Image.Attention, withQuery: true);
        Project(_text, text, modulation.Text.Attention, withQuery: keepText);
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
        backend.LinearResidual(image.Attended, _image.Output, modulation.Image.Attention.Gate, image.Hidden);
        if (keepText)
        {
            backend.LinearResidual(text.Attended, _text.Output, modulation.Text.Attention.Gate, text.Hidden);
            FeedForward(_text, text, modulation.Text.Mlp);
        }
        FeedForward(_image, image, modulation.Image.Mlp);
    }

    private void Project(StreamLayer layer, StreamRows rows, SublayerModulation modulation, bool withQuery)
    {
        backend.LayerNormModulate(rows.Hidden, modulation.Shift, modulation.Scale, Epsilon, rows.Normed);
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

    private void FeedForward(StreamLayer layer, StreamRows rows, SublayerModulation modulation)
    {
        backend.LayerNormModulate(rows.Hidden, modulation.Shift, modulation.Scale, Epsilon, rows.Normed);
        backend.Linear(rows.Normed, layer.MlpIn, rows.Mlp, Activation.GeluTanh);
        backend.LinearResidual(rows.Mlp, layer.MlpOut, modulation.Gate, rows.Hidden);
    }
}
