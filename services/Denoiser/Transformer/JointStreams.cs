using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>Rotary tables [rows, head_dim/2] in the engine's memory.</summary>
internal sealed record RotaryTensors(Tensor Cos, Tensor Sin);

/// <summary>Memory of one transformer call, reused by every call of a run; R rows are the longest text and the picture.</summary>
internal sealed class TransformerBuffers(TransformerConfig config, int rows, TensorScope scope)
{
    /// <summary>[R, D]: both streams, text first.</summary>
    public Tensor Hidden { get; } = scope.Empty([rows, config.Width]);

    /// <summary>[R, D]: normed and modulated.</summary>
    public Tensor Normed { get; } = scope.Empty([rows, config.Width]);

    /// <summary>[4R, D]: query, key, value and attention's result; afterwards the hidden layer of the feed-forward, [R, 4D].</summary>
    public Tensor Wide { get; } = scope.Empty([checked(4 * rows), config.Width]);
}

/// <summary>
/// The two streams of one prompt as views of the run's buffers: the text's S rows, then the picture's L, so that joint attention
/// reads them as one sequence.
/// </summary>
internal sealed class JointStreams
{
    public JointStreams(TransformerBuffers buffers, RotaryTensors text, RotaryTensors image)
    {
        var (textRows, imageRows) = (text.Cos.Shape.Rows, image.Cos.Shape.Rows);
        var rows = textRows + imageRows;
        Query = buffers.Wide.Rows(0, rows);
        Key = buffers.Wide.Rows(rows, rows);
        Value = buffers.Wide.Rows(2 * rows, rows);
        Attended = buffers.Wide.Rows(3 * rows, rows);
        Mlp = buffers.Wide.Rows(0, 4 * rows).Reshape([rows, 4 * buffers.Wide.Shape.Columns]);
        Text = new(buffers, this, text, 0, textRows);
        Image = new(buffers, this, image, textRows, imageRows);
    }

    public StreamRows Text { get; }

    public StreamRows Image { get; }

    /// <summary>[S + L, D], as are the next three.</summary>
    public Tensor Query { get; }

    public Tensor Key { get; }

    public Tensor Value { get; }

    public Tensor Attended { get; }

    /// <summary>[S + L, 4D], in the memory of the four above.</summary>
    public Tensor Mlp { get; }
}

/// <summary>One stream's rows of everything, and its rotary tables.</summary>
internal sealed class StreamRows(TransformerBuffers buffers, JointStreams joint, RotaryTensors rotary, int start, int count)
{
    public Tensor Hidden { get; } = buffers.Hidden.Rows(start, count);

    public Tensor Normed { get; } = buffers.Normed.Rows(start, count);

    public Tensor Query { get; } = joint.Query.Rows(start, count);

    public Tensor Key { get; } = joint.Key.Rows(start, count);

    public Tensor Value { get; } = joint.Value.Rows(start, count);

    public Tensor Attended { get; } = joint.Attended.Rows(start, count);

    public Tensor Mlp { get; } = joint.Mlp.Rows(start, count);

    public RotaryTensors Rotary { get; } = rotary;
}
