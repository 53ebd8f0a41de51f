namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>A job in the table jobs. Times are microseconds (<see cref="Moment"/>).</summary>
internal sealed class JobRow
{
    public required string Id { get; set; }

    public required string Owner { get; set; }

    public required string Dialect { get; set; }

    /// <summary>Digest of the client's key, so that its length does not matter; null without one.</summary>
    public string? IdempotencyKey { get; set; }

    public string? Model { get; set; }

    public JobState State { get; set; }

    public bool CancelRequested { get; set; }

    public int Priority { get; set; }

    public long Units { get; set; }

    public int Attempts { get; set; }

    public int MaxAttempts { get; set; }

    public int Losses { get; set; }

    /// <summary>Raised with every claim, and whenever a job is taken from its holder: a holder with a smaller one writes nothing.</summary>
    public long Fence { get; set; }

    /// <summary>The Gateway that holds it; null when none does.</summary>
    public string? Gateway { get; set; }

    /// <summary>Of the call that claimed it, so that a repeated one finds what it has.</summary>
    public long ClaimToken { get; set; }

    public long? LeaseUntil { get; set; }

    public long NotBefore { get; set; }

    public long Deadline { get; set; }

    public long CreatedAt { get; set; }

    public long? StartedAt { get; set; }

    public long? EndedAt { get; set; }

    public long ExpiresAt { get; set; }

    /// <summary>Number of the last event.</summary>
    public long LastEvent { get; set; }

    public int StepsDone { get; set; }

    public int StepsTotal { get; set; }

    /// <summary>Steps done of each picture (<see cref="StepCounts"/>).</summary>
    public string? Steps { get; set; }

    public string BaseAddress { get; set; } = "";

    public string? TraceParent { get; set; }

    public string? WebhookAddress { get; set; }

    public bool WebhookOnStart { get; set; }

    public bool WebhookOnEnd { get; set; }

    /// <summary><see cref="StoredRequest"/></summary>
    public required string Request { get; set; }

    public string? Extra { get; set; }

    public string? Result { get; set; }

    public string? Fault { get; set; }
}
