using System.Globalization;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>What the transformer and its control networks have in common: the ways in and the blocks (docs/model.md 5.2).</summary>
internal sealed class DoubleStreamStack
{
    private readonly TransformerConfig _config;
    private readonly TensorBackend _backend;
    private readonly ImageTextRope _rope;
    private readonly LinearWeight _imageIn;
    private readonly Tensor _textNorm;
    private readonly LinearWeight _textIn;
    private readonly TimestepEmbedding _time;
    private readonly DoubleStreamBlock[] _blocks;

    public DoubleStreamStack(TransformerConfig config, LayerLoader loader, TensorBackend backend)
    {
        (_config, _backend, _rope) = (config, backend, new ImageTextRope(config.RopeAxes));
        _imageIn = loader.Linear("img_in", config.Width, config.InChannels);
        _textNorm = loader.Norm("txt_norm", config.JointAttentionDim);
        _textIn = loader.Linear("txt_in", config.Width, config.JointAttentionDim);
        _time = new(config.Width, loader.At("time_text_embed.timestep_embedder"), backend);
        _blocks = new DoubleStreamBlock[config.Layers];
        for (var i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new(config, loader.At(string.Create(CultureInfo.InvariantCulture, $"transformer_blocks.{i}")), backend);
        }
    }

    /// <summary>Prepares everything that is the same in every step.</summary>
    /// <inheritdoc cref="TransformerRun(TransformerConfig, TensorBackend, ImageTextRope, IReadOnlyList{LatentGrid}, ReadOnlySpan{PromptEmbeds}, TransformerBuffers)"/>
    public TransformerRun Begin(IReadOnlyList<LatentGrid> images, ReadOnlySpan<PromptEmbeds> prompts, TransformerBuffers? shared = null)
    {
        var run = new TransformerRun(_config, _backend, _rope, images, prompts, shared);
        try
        {
            for (var i = 0; i < prompts.Length; i++)
            {
                var shape = new Shape(prompts[i].Tokens, _config.JointAttentionDim);
                using var embeds = _backend.From(prompts[i].Values, shape);
                using var normed = _backend.Empty(shape);
                _backend.RmsNorm(embeds, _textNorm, DoubleStreamBlock.Epsilon, normed);
                _backend.Linear(normed, _textIn, run.Prompts[i].Text);
            }
            if (run.HasStillTokens)
            {
                _time.Run(0, run.Modulation.Time);
                for (var i = 0; i < _blocks.Length; i++)
                {
                    _blocks[i].ModulateStill(run.Modulation.Time, run.Modulation.Blocks[i]);
                }
            }
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Sets the time of the calls that follow. time in [0, 1].</summary>
    public void SetTime(TransformerRun run, float time)
    {
        var modulation = run.Modulation;
        _time.Run(time, modulation.Time);
        for (var i = 0; i < _blocks.Length; i++)
        {
            _blocks[i].Modulate(modulation.Time, modulation.Blocks[i]);
        }
    }

    /// <summary>Both streams of the prompt as they are before the first block. tokens [L, in_channels].</summary>
    public void Enter(PreparedPrompt prompt, Tensor tokens)
    {
        _backend.Linear(tokens, _imageIn, prompt.Streams.Image.Hidden);
        _backend.Copy(prompt.Text, prompt.Streams.Text.Hidden);
    }

    /// <summary>Runs one block.</summary>
    public void Block(int index, TransformerRun run, PreparedPrompt prompt) => _blocks[index].Run(
        prompt.Streams, run.Modulation.Blocks[index], keepText: index < _blocks.Length - 1 || run.BlockDone is not null);
}
