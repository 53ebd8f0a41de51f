using System.Globalization;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>
/// The MMDiT (QwenImageTransformer2DModel; docs/model.md 5) for text to image: predicts the velocity of packed latents at a time, given a prompt.
/// May be used from several threads, each with a <see cref="TransformerRun"/> of its own.
/// </summary>
internal sealed class ImageTransformer : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly TensorBackend _backend;
    private readonly ImageTextRope _rope;
    private readonly LinearWeight _imageIn;
    private readonly Tensor _textNorm;
    private readonly LinearWeight _textIn;
    private readonly TimestepEmbedding _time;
    private readonly DoubleStreamBlock[] _blocks;
    private readonly LinearWeight _headModulation;
    private readonly LinearWeight _head;

    /// <exception cref="CheckpointException">A tensor is missing, left over or of the wrong shape.</exception>
    public ImageTransformer(TransformerConfig config, Weights weights, TensorBackend backend)
    {
        Config = config;
        _backend = backend;
        _rope = new(config.RopeAxes);
        var (loader, width) = (new LayerLoader(weights, backend, _owned), config.Width);
        try
        {
            _imageIn = loader.Linear("img_in", width, config.InChannels);
            _textNorm = loader.Norm("txt_norm", config.JointAttentionDim);
            _textIn = loader.Linear("txt_in", width, config.JointAttentionDim);
            _time = new(width, loader.At("time_text_embed.timestep_embedder"), backend);
            _blocks = new DoubleStreamBlock[config.Layers];
            for (var i = 0; i < _blocks.Length; i++)
            {
                _blocks[i] = new(config, loader.At(string.Create(CultureInfo.InvariantCulture, $"transformer_blocks.{i}")), backend);
            }
            _headModulation = loader.Linear("norm_out.linear", 2 * width, width);
            _head = loader.Linear("proj_out", config.InChannels, width);
            weights.EnsureAllTaken();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TransformerConfig Config { get; }

    /// <summary>Prepares for a picture of this size and its prompts: everything that is the same in every step.</summary>
    public TransformerRun Begin(LatentGrid grid, params ReadOnlySpan<PromptEmbeds> prompts)
    {
        var run = new TransformerRun(Config, _backend, _rope, grid, prompts);
        try
        {
            for (var i = 0; i < prompts.Length; i++)
            {
                var shape = new Shape(prompts[i].Tokens, Config.JointAttentionDim);
                using var embeds = _backend.From(prompts[i].Values, shape);
                using var normed = _backend.Empty(shape);
                _backend.RmsNorm(embeds, _textNorm, DoubleStreamBlock.Epsilon, normed);
                _backend.Linear(normed, _textIn, run.Prompts[i].Text);
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
        _backend.Linear(modulation.Time, _headModulation, modulation.Head);
    }

    /// <summary>Predicts the velocity for one of the run's prompts.</summary>
    /// <param name="tokens">[L, in_channels]: packed latents.</param>
    /// <param name="velocity">[L, in_channels], packed alike.</param>
    /// <exception cref="OperationCanceledException">Cancelled; checked between blocks.</exception>
    public void Predict(TransformerRun run, PreparedPrompt prompt, Tensor tokens, Tensor velocity, CancellationToken cancellation)
    {
        var (streams, modulation) = (prompt.Streams, run.Modulation);
        var image = streams.Image;
        _backend.Linear(tokens, _imageIn, image.Hidden);
        _backend.Copy(prompt.Text, streams.Text.Hidden);
        for (var i = 0; i < _blocks.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _blocks[i].Run(streams, modulation.Blocks[i], keepText: i < _blocks.Length - 1 || run.BlockDone is not null);
            run.BlockDone?.Invoke(i, image.Hidden, streams.Text.Hidden);
        }
        _backend.LayerNormModulate(image.Hidden, modulation.HeadShift, modulation.HeadScale, DoubleStreamBlock.Epsilon, image.Normed);
        _backend.Linear(image.Normed, _head, velocity);
    }

    public void Dispose()
    {
        _owned.ForEach(layer => layer.Dispose());
        _owned.Clear();
    }
}
