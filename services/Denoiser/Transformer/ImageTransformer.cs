using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>
/// The MMDiT (QwenImageTransformer2DModel; docs/model.md 5): predicts the velocity of packed latents at a time, given a prompt and reference pictures.
/// May be used from several threads, each with a <see cref="TransformerRun"/> of its own.
/// </summary>
internal sealed class ImageTransformer : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly TensorBackend _backend;
    private readonly DoubleStreamStack _stack;
    private readonly LinearWeight _headModulation;
    private readonly LinearWeight _head;

    /// <exception cref="CheckpointException">A tensor is missing, left over or of the wrong shape.</exception>
    public ImageTransformer(TransformerConfig config, Weights weights, TensorBackend backend)
    {
        Config = config;
        _backend = backend;
        var loader = new LayerLoader(weights, backend, _owned);
        try
        {
            _stack = new(config, loader, backend);
            _headModulation = loader.Linear("norm_out.linear", 2 * config.Width, config.Width);
            _head = loader.Linear("proj_out", config.InChannels, config.Width);
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
    public TransformerRun Begin(LatentGrid grid, params ReadOnlySpan<PromptEmbeds> prompts) => _stack.Begin([grid], prompts);

    /// <summary>The same with references: the picture that is drawn comes first.</summary>
    public TransformerRun Begin(IReadOnlyList<LatentGrid> images, params ReadOnlySpan<PromptEmbeds> prompts) => _stack.Begin(images, prompts);

    /// <summary>Sets the time of the calls that follow. time in [0, 1].</summary>
    public void SetTime(TransformerRun run, float time)
    {
        _stack.SetTime(run, time);
        _backend.Linear(run.Modulation.Time, _headModulation, run.Modulation.Head);
    }

    /// <summary>Predicts the velocity for one of the run's prompts.</summary>
    /// <param name="run">The picture.</param>
    /// <param name="prompt">One of its prompts.</param>
    /// <param name="tokens">[L, in_channels]: packed latents of all pictures, in the order that the run has.</param>
    /// <param name="velocity">[V, in_channels], packed alike: of the first V tokens.</param>
    /// <param name="cancellation">Checked between blocks.</param>
    /// <param name="controls">What control networks add after the blocks.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Predict(
        TransformerRun run, PreparedPrompt prompt, Tensor tokens, Tensor velocity, CancellationToken cancellation,
        params ReadOnlySpan<ControlResiduals> controls)
    {
        var image = prompt.Streams.Image;
        _stack.Enter(prompt, tokens);
        for (var i = 0; i < Config.Layers; i++)
        {
            ComputeProgress.Report(cancellation);
            _stack.Block(i, run, prompt);
            run.BlockDone?.Invoke(i, image.Hidden, prompt.Streams.Text.Hidden);
            foreach (var control in controls)
            {
                control.AddTo(image.Hidden, i, Config.Layers, _backend);
            }
        }
        var (modulation, rows) = (run.Modulation, velocity.Shape.Rows);
        var normed = image.Normed.Rows(0, rows);
        _backend.LayerNormModulate(image.Hidden.Rows(0, rows), modulation.HeadShift, modulation.HeadScale, DoubleStreamBlock.Epsilon, normed);
        _backend.Linear(normed, _head, velocity);
    }

    public void Dispose()
    {
        _owned.ForEach(layer => layer.Dispose());
        _owned.Clear();
    }
}
