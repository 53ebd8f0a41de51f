using QwenMesh.Denoiser.Latents;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>Rotary tables [rows, head_dim/2] in the engine's memory.</summary>
internal sealed record RotaryTensors(Tensor Cos, Tensor Sin);

/// <summary>Memory of one transformer call, reused by every call of a run; R rows are the longest text and the pictures.</summary>
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
/// The two streams of one prompt as views of the run's buffers: the text's S rows, then the pictures' L, so that joint attention
/// reads them as one sequence.
/// </summary>
internal sealed class JointStreams
{
    public JointStreams(TransformerBuffers buffers, RotaryTensors text, RotaryTensors image, ReadOnlySpan<int> imageRanges)
    {
        var (textRows, imageRows) = (text.Cos.Shape.Rows, image.Cos.Shape.Rows);
        var rows = textRows + imageRows;
        Query = buffers.Wide.Rows(0, rows);
        Key = buffers.Wide.Rows(rows, rows);
        Value = buffers.Wide.Rows(2 * rows, rows);
        Attended = buffers.Wide.Rows(3 * rows, rows);
        Mlp = buffers.Wide.Rows(0, 4 * rows).Reshape([rows, 4 * buffers.Wide.Shape.Columns]);
        Text = new(buffers, this, text, 0, [textRows]);
        Image = new(buffers, this, image, textRows, imageRanges);
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

/// <summary>One stream's rows of everything, its rotary tables, and its ranges of rows that are modulated alike.</summary>
internal sealed class StreamRows
{
    public StreamRows(TransformerBuffers buffers, JointStreams joint, RotaryTensors rotary, int start, ReadOnlySpan<int> ranges)
    {
        var count = rotary.Cos.Shape.Rows;
        Hidden = buffers.Hidden.Rows(start, count);
        Normed = buffers.Normed.Rows(start, count);
        Query = joint.Query.Rows(start, count);
        Key = joint.Key.Rows(start, count);
        Value = joint.Value.Rows(start, count);
        Attended = joint.Attended.Rows(start, count);
        Mlp = joint.Mlp.Rows(start, count);
        Rotary = rotary;
        Ranges = new StreamRange[ranges.Length];
        for (int i = 0, row = 0; i < ranges.Length; row += ranges[i++])
        {
            Ranges[i] = new(Hidden.Rows(row, ranges[i]), Normed.Rows(row, ranges[i]), Attended.Rows(row, ranges[i]), Mlp.Rows(row, ranges[i]));
        }
    }

    public Tensor Hidden { get; }

    public Tensor Normed { get; }

    public Tensor Query { get; }

    public Tensor Key { get; }

    public Tensor Value { get; }

    public Tensor Attended { get; }

    public Tensor Mlp { get; }

    public RotaryTensors Rotary { get; }

    public StreamRange[] Ranges { get; }
}

/// <summary>Consecutive rows of a stream.</summary>
internal sealed record StreamRange(Tensor Hidden, Tensor Normed, Tensor Attended, Tensor Mlp);

/// <param name="Streams">Where this prompt's calls compute.</param>
/// <param name="Text">[S, D]: the text stream's state before the first block.</param>
internal sealed record PreparedPrompt(JointStreams Streams, Tensor Text);

/// <summary>
/// Everything that the transformer needs to work on one picture and its references: buffers shared by all calls, the step's modulation, and for
/// every prompt its views of the buffers and its projected text, which is the same in every step.
/// </summary>
internal sealed class TransformerRun : IDisposable
{
    private readonly TensorScope _scope;

    /// <param name="images">The picture that is drawn, then its references.</param>
    /// <param name="prompts">One or two.</param>
    /// <param name="shared">Memory of a longer run that does not compute at the same time; null for an own one.</param>
    public TransformerRun(
        TransformerConfig config, TensorBackend backend, ImageTextRope rope, IReadOnlyList<LatentGrid> images, ReadOnlySpan<PromptEmbeds> prompts,
        TransformerBuffers? shared)
    {
        _scope = new(backend);
        try
        {
            ImageTokens = images.Sum(image => image.Tokens);
            // Edit-2511: references are modulated by time 0 (docs/model.md 5.6).
            HasStillTokens = config.ZeroCondT && images.Count > 1;
            int[] ranges = HasStillTokens ? [images[0].Tokens, ImageTokens - images[0].Tokens] : [ImageTokens];
            var longest = 0;
            foreach (var prompt in prompts)
            {
                longest = Math.Max(longest, prompt.Tokens);
            }
            Buffers = shared ?? new TransformerBuffers(config, checked(longest + ImageTokens), _scope);
            Modulation = new(config, ranges.Length, _scope);
            var half = config.HeadDim / 2;
            var image = Load(rope.Images(images), ImageTokens);
            Prompts = new PreparedPrompt[prompts.Length];
            for (var i = 0; i < prompts.Length; i++)
            {
                var tokens = prompts[i].Tokens;
                var text = Load(rope.Text(ImageTextRope.TextOffset([.. images]), tokens), tokens);
                Prompts[i] = new(new(Buffers, text, image, ranges), _scope.Empty([tokens, config.Width]));
            }

            RotaryTensors Load(RopeTable table, int rows) =>
                new(_scope.From(table.Cos, [rows, half], DType.Float32), _scope.From(table.Sin, [rows, half], DType.Float32));
        }
        catch
        {
            _scope.Dispose();
            throw;
        }
    }

    /// <summary>Tokens of the picture and its references.</summary>
    public int ImageTokens { get; }

    /// <summary>Whether the references' tokens are modulated by time 0.</summary>
    public bool HasStillTokens { get; }

    public TransformerBuffers Buffers { get; }

    public StepModulation Modulation { get; }

    public PreparedPrompt[] Prompts { get; }

    /// <summary>Called after each block with its index, the pictures' rows and the text's; the last block's text is computed only then.</summary>
    public Action<int, Tensor, Tensor>? BlockDone { get; set; }

    public void Dispose() => _scope.Dispose();
}
