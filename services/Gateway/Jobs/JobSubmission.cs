using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>What a client asks to be done.</summary>
internal sealed record JobSubmission
{
    /// <summary>Checked against its model by the dialect. <see cref="GenerationRequest.Model"/> names it.</summary>
    public required GenerationRequest Request { get; init; }

    /// <summary>Name of the dialect that words it, e.g. "oxen".</summary>
    public required string Dialect { get; init; }

    /// <summary>Id of the API key; empty without one. A job is shown to its owner only.</summary>
    public string Owner { get; init; } = "";

    /// <summary>A second submission of the same owner and dialect with the same key is the first one's job. Null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>JSON of the dialect's own, e.g. parameters that its vendor repeats in answers. At most 64 KiB. Null for none.</summary>
    public string? Extra { get; init; }

    /// <summary>How the client reaches this Gateway, e.g. "https://images.example.com"; for addresses in answers and webhooks.</summary>
    public string BaseAddress { get; init; } = "";

    /// <summary>Where the client is told of the end. Null for nowhere.</summary>
    public WebhookTarget? Webhook { get; init; }

    /// <summary>Times that a transient fault lets it be begun again; null takes Jobs:MaxAttempts. A Gateway's death does not count.</summary>
    public int? MaxAttempts { get; init; }
}

/// <summary>Where a client is told of a job.</summary>
/// <param name="Address">http or https.</param>
/// <param name="OnStart">When it begins, too.</param>
/// <param name="OnEnd">When it has ended.</param>
internal sealed record WebhookTarget(string Address, bool OnStart = false, bool OnEnd = true);
