namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>An event in the table job_events.</summary>
internal sealed class JobEventRow
{
    public required string JobId { get; set; }

    public long Number { get; set; }

    public long At { get; set; }

    /// <summary>Of the call that appended it, so that a repeated one finds what it has written.</summary>
    public long AppendToken { get; set; }

    public required string Data { get; set; }
}

/// <summary>A webhook in the table webhooks.</summary>
internal sealed class WebhookRow
{
    public long Id { get; set; }

    public required string JobId { get; set; }

    public required string Address { get; set; }

    public bool IsStart { get; set; }

    /// <summary>Number of the last attempt that has failed; 0 before. One that nobody knows the outcome of is not counted.</summary>
    public int Attempt { get; set; }

    /// <summary>When it may be delivered; null once it is, or is given up.</summary>
    public long? DueAt { get; set; }

    /// <summary>Why the last attempt failed.</summary>
    public string? Reason { get; set; }
}

/// <summary>A record in the table audit.</summary>
internal sealed class AuditRow
{
    /// <summary>A UUID of version 7.</summary>
    public required string Id { get; set; }

    public long At { get; set; }

    public required string Owner { get; set; }

    public string? Job { get; set; }

    public required string Subject { get; set; }

    public required string Rule { get; set; }

    public required string Digest { get; set; }
}

/// <summary>A secret in the table secrets.</summary>
internal sealed class SecretRow
{
    public required string Name { get; set; }

    public required byte[] Value { get; set; }
}
