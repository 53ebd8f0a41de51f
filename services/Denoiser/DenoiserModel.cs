using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;
using QwenMesh.StageHost;

namespace QwenMesh.Denoiser;

/// <summary>The checkpoint's transformer and scheduler, loaded once.</summary>
internal sealed partial class DenoiserModel(
    IOptions<ModelOptions> options, TensorBackend backend, StageWeights weights, StageGate gate, ILogger<DenoiserModel> logger) : IStageModel, IDisposable
{
    private Checkpoint? _checkpoint;
    private volatile LoadedDenoiser? _loaded;

    /// <summary>What was loaded; null until the weights are mapped.</summary>
    public LoadedDenoiser? Loaded => _loaded;

    public Task LoadAsync(CancellationToken cancellationToken)
    {
        _checkpoint = Checkpoint.Open(options.Value.Path);
        var config = _checkpoint.ReadConfig("transformer");
        // The scheduler is read first: its file is small, and a checkpoint that is refused should be refused before the weights are read.
        var scheduler = SchedulerConfig.Parse(_checkpoint.ReadConfig("scheduler"));
        var transformer = new ImageTransformer(TransformerConfig.Parse(config), weights.Open(_checkpoint, "transformer"), backend);
        var loaded = new LoadedDenoiser(
            _checkpoint.ModelId, _checkpoint.PipelineClass, config, backend.Device, transformer, new DenoisingLoop(transformer, scheduler, backend));
        _loaded = loaded;
        LogLoaded(logger, loaded.ModelId, transformer.Config.Layers, transformer.Config.Width);
        FiniteResult.Require(loaded.Loop.Run(WarmUpJob(transformer.Config), new NoProgress(), cancellationToken), "the latents");
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        if (gate.WaitUntilUnused())
        {
            _loaded?.Transformer.Dispose();
            _checkpoint?.Dispose();
        }
    }

    /// <summary>
    /// A guided step of a small picture. It runs every operation of a real one, on enough rows that products are made in blocks, as
    /// those of a real picture are: code is compiled, weights are mapped and, where the engine's budget allows it, packed.
    /// </summary>
    internal static DenoiseJob WarmUpJob(TransformerConfig config)
    {
        const int TokensASide = 8;
        const int TextTokens = 16;
        var prompt = new PromptEmbeds(TextTokens, new float[TextTokens * config.JointAttentionDim]);
        Array.Fill(prompt.Values, 1f);
        return new DenoiseJob
        {
            Grid = new LatentGrid(config.OutChannels, TokensASide * config.PatchSize, TokensASide * config.PatchSize, config.PatchSize),
            Steps = 1,
            TrueCfgScale = 4,
            Prompt = prompt,
            NegativePrompt = prompt,
        };
    }

    [LoggerMessage(1, LogLevel.Information, "Loaded {ModelId}: {Layers} blocks of width {Width}")]
    private static partial void LogLoaded(ILogger logger, string modelId, int layers, int width);

    private sealed class NoProgress : IDenoiseProgress
    {
        public void Started(FlowMatchSchedule schedule)
        {
        }

        public void StepDone(int step, float sigma, TimeSpan elapsed)
        {
        }
    }
}

/// <param name="ModelId">Name of the checkpoint's folder.</param>
/// <param name="PipelineClass">model_index.json's class.</param>
/// <param name="ConfigJson">transformer/config.json, verbatim.</param>
/// <param name="Device">Engine and device.</param>
/// <param name="Transformer">The weights.</param>
/// <param name="Loop">What runs jobs.</param>
internal sealed record LoadedDenoiser(
    string ModelId, string PipelineClass, string ConfigJson, string Device, ImageTransformer Transformer, DenoisingLoop Loop);
