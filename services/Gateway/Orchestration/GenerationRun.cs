using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>State of one generation: what it is called, what it holds, how long it took, and who listens.</summary>
internal sealed class GenerationRun(GenerationPlan plan, DateTime deadline, long maxTensorBytes, IGenerationProgress? progress, ICheckpoints? checkpoints)
{
    private readonly Lock _lock = new();

    /// <summary>Begins the keys of its artifacts.</summary>
    public string Key { get; } = Guid.NewGuid().ToString("N");

    public GenerationPlan Plan { get; } = plan;

    /// <summary>Keeps what is denoised; null for a generation that nobody takes up again.</summary>
    public ICheckpoints? Checkpoints { get; } = checkpoints;

    public GenerationTimings Timings { get; } = new();

    public bool PromptTruncated { get; private set; }

    public bool NegativePromptTruncated { get; private set; }

    /// <param name="pool">Where it may go.</param>
    /// <param name="units">Its work, in units that all calls to the pool have in common.</param>
    public StageCallContext CallTo(StagePool pool, double units = 1) => new(pool, deadline, maxTensorBytes) { Units = units };

    public void Encoded(EncodeSummary summary) =>
        (PromptTruncated, NegativePromptTruncated) = (summary.Prompts[0].Truncated, summary.Prompts.Count > 1 && summary.Prompts[1].Truncated);

    /// <summary>Adds to the timings; pictures are drawn at the same time.</summary>
    public void Time(Action<GenerationTimings> add)
    {
        lock (_lock)
        {
            add(Timings);
        }
    }

    public void Report(GenerationEvent happened)
    {
        lock (_lock)
        {
            progress?.Report(happened);
        }
    }

}
