using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser;

/// <summary>The checkpoint's transformer and scheduler, loaded once.</summary>
internal sealed partial class DenoiserModel(StageModelContext context, IOptions<DenoiserOptions> options, ILogger<DenoiserModel> logger)
    : StageModel<LoadedDenoiser>(context)
{
    /// <summary>What the stage knows.</summary>
    public IReadOnlyList<string> Features { get; } =
    [
        StageFeatures.References, StageFeatures.InitialLatents, StageFeatures.Inpaint, StageFeatures.Resume, StageFeatures.Preview,
        StageFeatures.Checkpoint, StageFeatures.Lightning, .. options.Value.Controls.Count > 0 ? [StageFeatures.Control] : Array.Empty<string>(),
    ];

    protected override string Component => "transformer";

    protected override IReadOnlyList<string> AlsoDecides => ["scheduler"];

    protected override LoadedDenoiser Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation)
    {
        // The scheduler is read first: its file is small, and a checkpoint that is refused should be refused before the weights are read.
        var scheduler = SchedulerConfig.Parse(checkpoint.ReadConfig("scheduler"));
        var config = TransformerConfig.Parse(checkpoint.ReadConfig(Component));
        var loaded = new LoadedDenoiser(new ImageTransformer(config, open(Component), Backend), scheduler, Backend);
        try
        {
            foreach (var (name, folder) in options.Value.Controls)
            {
                cancellation.ThrowIfCancellationRequested();
                loaded.Add(name, ControlNetwork.Open(folder, config, Backend));
            }
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
        LogLoaded(logger, checkpoint.ModelId, config.Layers, config.Width);
        return loaded;
    }

    protected override void Describe(LoadedDenoiser loaded, ModelInfo info)
    {
        var config = loaded.Transformer.Config;
        info.Features.Add(Features);
        info.Fingerprint = ControlNetwork.Join(info.Fingerprint, loaded.Controls);
        info.Denoiser = new DenoiserInfo
        {
            LatentChannels = config.OutChannels,
            PatchSize = config.PatchSize,
            JointAttentionDim = config.JointAttentionDim,
            MaxImageTokens = options.Value.MaxImageTokens,
            MaxSteps = options.Value.MaxSteps,
            Schedulers = { Scheduler.Checkpoint, Scheduler.Lightning },
            MaxReferences = options.Value.MaxReferences,
            Controls = { loaded.Controls.Keys.Order(StringComparer.Ordinal) },
        };
    }

    protected override void WarmUp(LoadedDenoiser loaded, CancellationToken cancellation)
    {
        var job = WarmUpJob(loaded.Transformer.Config);
        var control = new Posterior(new float[job.Grid.Elements], new float[job.Grid.Elements]);
        job = job with { Controls = [.. loaded.Controls.Values.Select(network => new ControlPicture(network, control, 1))] };
        FiniteResult.Require(loaded.Run(job, cancellation), "the latents");
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

    [LoggerMessage(200, LogLevel.Information, "Loaded {ModelId}: {Layers} blocks of width {Width}")]
    private static partial void LogLoaded(ILogger logger, string modelId, int layers, int width);
}
