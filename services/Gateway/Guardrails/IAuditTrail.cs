namespace QwenMesh.Gateway.Guardrails;

/// <summary>What guardrails have refused or withheld, for those who answer for it. Kept with the jobs.</summary>
internal interface IAuditTrail
{
    Task RecordAsync(AuditRecord record, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<AuditRecord>> ListAsync(int most, CancellationToken cancellationToken);

    /// <summary>Removes the records before a time.</summary>
    Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <param name="At">When.</param>
/// <param name="Owner">Id of the API key; empty without one.</param>
/// <param name="Job">Id of the job; null when none was accepted.</param>
/// <param name="Subject">One of <see cref="Subjects"/>.</param>
/// <param name="Rule">Which rule: "file:12" (line of the deny file), "deny:0" (of the options) or "moderation:violence".</param>
/// <param name="Digest">SHA-256 of the text or the file, in hexadecimal digits: no prompt and no picture is kept.</param>
internal sealed record AuditRecord(DateTimeOffset At, string Owner, string? Job, string Subject, string Rule, string Digest);
