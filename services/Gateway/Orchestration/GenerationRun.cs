using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>State of one generation: what it is called, what it holds, how long it took, and who listens.</summary>
internal sealed class GenerationRun(GenerationPlan plan, DateTime deadline, long maxTensorBytes, IGenerationProgress? progress)
{
    private readonly Lock _lock = new();

    /// <summary>Begins the keys of its artifacts.</summary>
    public string Key { get; } = Guid.NewGuid().ToString("N");

    public GenerationPlan Plan { get; } = plan;

    public GenerationTimings Timings { get; } = new();

    public bool PromptTruncated { get; private set; }

    public bool NegativePromptTruncated { get; private set; }

    public StageCallContext CallTo(StagePool pool) => new(pool, deadline, maxTensorBytes);

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
