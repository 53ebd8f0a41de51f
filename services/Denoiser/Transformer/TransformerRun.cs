using QwenMesh.Denoiser.Latents;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>
/// Everything that the transformer needs to work on one picture: buffers shared by all calls, the step's modulation, and for every
/// prompt its views of the buffers and its projected text, which is the same in every step.
/// </summary>
internal sealed class TransformerRun : IDisposable
{
    private readonly TensorScope _scope;

    public TransformerRun(TransformerConfig config, TensorBackend backend, ImageTextRope rope, LatentGrid grid, ReadOnlySpan<PromptEmbeds> prompts)
    {
        _scope = new(backend);
        try
        {
            var longest = 0;
            foreach (var prompt in prompts)
            {
                longest = Math.Max(longest, prompt.Tokens);
            }
            var half = config.HeadDim / 2;
            var buffers = new TransformerBuffers(config, checked(longest + grid.Tokens), _scope);
            var image = Load(rope.Image(grid), grid.Tokens);
            Modulation = new(config, _scope);
            Prompts = new PreparedPrompt[prompts.Length];
            for (var i = 0; i < prompts.Length; i++)
            {
                var tokens = prompts[i].Tokens;
                Prompts[i] = new(
                    new(buffers, Load(rope.Text(grid, tokens), tokens), image), _scope.Empty([tokens, config.Width]));
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

    public StepModulation Modulation { get; }

    public PreparedPrompt[] Prompts { get; }

    /// <summary>Called after each block with its index, the picture's rows and the text's; the last block's text is computed only then.</summary>
    public Action<int, Tensor, Tensor>? BlockDone { get; set; }

    public void Dispose() => _scope.Dispose();
}

/// <param name="Streams">Where this prompt's calls compute.</param>
/// <param name="Text">[S, D]: the text stream's state before the first block.</param>
internal sealed record PreparedPrompt(JointStreams Streams, Tensor Text);
