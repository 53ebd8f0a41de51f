using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Generation;

/// <summary>State of one generation: what is finished and need not be repeated, timings, and replicas to avoid.</summary>
internal sealed class GenerationRun(GenerationPlan plan, DateTime deadline, RetryBudget retries, long maxRelayedBytes)
{
    public GenerationPlan Plan { get; } = plan;

    public GenerationTimings Timings { get; } = new();

    public RetryBudget Retries { get; } = retries;

    public StageCallContext Calls { get; } = new(deadline, new AvoidedReplicas());

    public FrameLog Positive { get; private set; } = new(maxRelayedBytes);

    /// <summary>Null without guidance.</summary>
    public FrameLog? Negative { get; private set; } = plan.NegativePrompt is null ? null : new(maxRelayedBytes);

    public FrameLog Latents { get; private set; } = new(maxRelayedBytes);

    /// <summary>Counts from 1.</summary>
    public int Attempt { get; private set; } = 1;

    public bool PromptTruncated { get; private set; }

    /// <summary>One of the prompts is done; they are encoded at the same time.</summary>
    public void Encoded(EncodeSummary summary, double seconds)
    {
        lock (Timings)
        {
            PromptTruncated |= summary.Truncated;
            Timings.Encode = Math.Max(Timings.Encode, seconds);
            Timings.EncodeCompute += summary.ComputeSeconds;
        }
    }

    /// <summary>Keeps what is complete and drops the rest.</summary>
    public void PrepareNextAttempt()
    {
        Attempt++;
        Positive = Positive.IsComplete ? Positive : new FrameLog(maxRelayedBytes);
        Negative = Negative is null or { IsComplete: true } ? Negative : new FrameLog(maxRelayedBytes);
        Latents = Latents.IsComplete ? Latents : new FrameLog(maxRelayedBytes);
    }
}
