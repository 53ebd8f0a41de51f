using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>An accepted generation as it is stored.</summary>
internal sealed record Job
{
    /// <summary>A UUID of version 7, with dashes.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="JobSubmission.Dialect"/></summary>
    public required string Dialect { get; init; }

    /// <summary>Id of the API key; empty without one.</summary>
    public required string Owner { get; init; }

    /// <summary>Defaults that the dialect chose are in it; its picture files are not (<see cref="StoredRequest.HasFiles"/> keeps their number).</summary>
    public required GenerationRequest Request { get; init; }

    /// <summary><see cref="JobSubmission.Extra"/></summary>
    public string? Extra { get; init; }

    /// <summary><see cref="JobSubmission.BaseAddress"/></summary>
    public string BaseAddress { get; init; } = "";

    /// <summary>Of the span that submitted it (W3C traceparent); null without one.</summary>
    public string? TraceParent { get; init; }

    public JobState State { get; init; }

    /// <summary>Its client has asked for the end of it while it runs.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>Denoising steps done, of all pictures.</summary>
    public int StepsDone { get; init; }

    /// <summary>Of how many; 0 while that is not known.</summary>
    public int StepsTotal { get; init; }

    /// <summary>Times that a Gateway has begun it.</summary>
    public int Attempts { get; init; }

    /// <summary>Rises with every attempt. Pictures of a smaller one are of attempts that came to nothing.</summary>
    public long Fence { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Begin of the last attempt.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it is forgotten with its files, once it has ended.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it has failed.</summary>
    public GenerationFault? Fault { get; init; }

    /// <summary>When it has succeeded.</summary>
    public JobResult? Result { get; init; }

    /// <summary>0 to 1.</summary>
    public double Progress => State == JobState.Succeeded ? 1 : StepsTotal > 0 ? Math.Min((double)StepsDone / StepsTotal, 1) : 0;
}

/// <summary>The pictures of a job that has succeeded.</summary>
/// <param name="Pictures">At least one, in the order of their seeds.</param>
/// <param name="Timings">Where the time went.</param>
/// <param name="PromptTruncated">Whether the prompt was longer than the model reads.</param>
/// <param name="NegativePromptTruncated">Whether the negative prompt was longer than the model reads.</param>
internal sealed record JobResult(IReadOnlyList<JobPicture> Pictures, GenerationTimings Timings, bool PromptTruncated, bool NegativePromptTruncated);

/// <summary>One picture of a job. Its file is the blob <see cref="BlobKeys.Result"/>.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Seed">The seed used.</param>
/// <param name="Size">In pixels.</param>
/// <param name="Bytes">Of its file; 0 when it is filtered.</param>
/// <param name="IsFiltered">A guardrail withholds it; there is no file.</param>
/// <param name="Fence">Of the attempt that drew it.</param>
internal sealed record JobPicture(int Number, ulong Seed, ImageSize Size, long Bytes, bool IsFiltered, long Fence);
