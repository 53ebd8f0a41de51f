using System.Diagnostics.Metrics;
using System.Security.Cryptography;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>What is refused is counted, logged and recorded. A record that cannot be written is logged, and what was refused stays refused.</summary>
internal sealed partial class Refusals(IAuditTrail trail, TimeProvider time, IMeterFactory meters, ILogger<Refusals> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // The factory's meter: it ends with the host.
    private readonly Counter<long> _refused = meters.Create(GatewayInstrumentation.Name).CreateCounter<long>(
        "qwenmesh.gateway.guardrails.refused", "{refusal}", "Prompts and pictures that guardrails refused or withheld.");

    /// <param name="subject">One of <see cref="Subjects"/>.</param>
    /// <param name="rule">E.g. "file:12" or "moderation:violence".</param>
    /// <param name="content">The text as UTF-8, or the file; only its digest is kept.</param>
    /// <param name="owner">Id of the API key; empty without one.</param>
    /// <param name="job">Id of the job; null when there is none.</param>
    public async Task RecordAsync(string subject, string rule, ReadOnlyMemory<byte> content, string owner, string? job)
    {
        Count(subject, rule.StartsWith(ModerationAnswer.RulePrefix, StringComparison.Ordinal) ? "moderation" : "deny");
        LogRefused(logger, subject, rule, owner, job);
        try
        {
            // Not the request's token: a client that leaves at once must not escape the record.
            using var bound = new CancellationTokenSource(Patience);
            var record = new AuditRecord(time.GetUtcNow(), owner, job, subject, rule, Convert.ToHexStringLower(SHA256.HashData(content.Span)));
            await trail.RecordAsync(record, bound.Token).WaitAsync(bound.Token);
        }
        catch (Exception exception)
        {
            LogNotRecorded(logger, exception, subject, rule, owner, job);
        }
    }

    /// <summary>Refused because nobody answered.</summary>
    public void CountUnanswered(string subject) => Count(subject, "unavailable");

    private void Count(string subject, string kind) =>
        _refused.Add(1, new KeyValuePair<string, object?>("subject", subject), new KeyValuePair<string, object?>("rule", kind));

    [LoggerMessage(420, LogLevel.Information, "A {Subject} is refused by {Rule}; owner '{Owner}', job {Job}")]
    private static partial void LogRefused(ILogger logger, string subject, string rule, string owner, string? job);

    [LoggerMessage(421, LogLevel.Error, "The audit record of a {Subject} refused by {Rule} is not written; owner '{Owner}', job {Job}")]
    private static partial void LogNotRecorded(ILogger logger, Exception exception, string subject, string rule, string owner, string? job);
}
