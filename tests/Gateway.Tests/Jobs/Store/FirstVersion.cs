using Microsoft.EntityFrameworkCore;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>What the first version writes, in its own statements: they name the columns that it knows.</summary>
internal static class FirstVersion
{
    public const string Queued = "0198e6b2-7c1d-7aaa-8bbb-000000000001", Ended = "0198e6b2-7c1d-7aaa-8bbb-000000000002";

    public static readonly byte[] Secret = [.. Enumerable.Range(1, 32).Select(each => (byte)each)];

    public static async Task WriteAsync(JobsDb db, long now, CancellationToken cancellationToken)
    {
        const long Hour = 3_600_000_000;
        foreach (var (id, state) in new[] { (Queued, 0), (Ended, 2) })
        {
            var result = state == 0 ? null : """{"pictures":[{"number":0,"seed":7,"size":"64x32","bytes":100,"isFiltered":false,"fence":1}],"timings":{"total":1.5},"promptTruncated":false,"negativePromptTruncated":false}""";
            long? end = state == 0 ? null : now;
            await db.Database.ExecuteSqlAsync($"""
                INSERT INTO jobs (id, owner, dialect, idempotency_key, model, state, cancel_requested, priority, units, attempts, max_attempts, losses, fence, gateway, claim_token,
                    lease_until, not_before, deadline, created_at, started_at, ended_at, expires_at, last_event, steps_done, steps_total, steps, base_address, trace_parent,
                    webhook_address, webhook_on_start, webhook_on_end, request, extra, result, fault)
                VALUES ({id}, 'owner', 'test', NULL, NULL, {state}, {false}, 0, 10, 0, 5, 0, 0, NULL, 0, NULL, 0, {now + Hour}, {now}, NULL, {end}, {now + (24 * Hour)}, 1, 0, 0, NULL, '', NULL,
                    'http://client/', {false}, {true}, {Request}, NULL, {result}, NULL)
                """, cancellationToken);
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO job_events (job_id, number, at, append_token, data) VALUES ({id}, 1, {now}, 0, {Event})", cancellationToken);
        }
        await db.Database.ExecuteSqlAsync(
            $"INSERT INTO webhooks (job_id, address, is_start, attempt, due_at, reason) VALUES ({Ended}, 'http://client/', {false}, 0, {now}, NULL)", cancellationToken);
        await db.Database.ExecuteSqlAsync($"INSERT INTO secrets (name, value) VALUES ('urls', {Secret})", cancellationToken);
        await db.Database.ExecuteSqlAsync($"INSERT INTO audit (id, at, owner, job, subject, rule, digest) VALUES ('1', {now}, 'owner', NULL, 'prompt', 'deny', 'x')", cancellationToken);
    }

    private const string Event = """{"kind":"queued"}""";

    private const string Request = """{"request":{"prompt":"a cat","seed":7},"references":0,"hasMask":false,"controls":0}""";
}
