using System.Security.Cryptography;
using System.Text;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Jobs to rows and back.</summary>
internal static class JobRows
{
    public static JobRow Row(NewJob added, int maxAttempts)
    {
        var (job, submission) = (added.Job, added.Submission);
        var webhook = submission.Webhook;
        return new JobRow
        {
            Id = job.Id,
            Owner = job.Owner,
            Dialect = job.Dialect,
            IdempotencyKey = KeyDigest(submission.IdempotencyKey),
            Model = submission.Request.Model,
            State = JobState.Queued,
            Priority = submission.Request.Priority,
            Units = added.Units,
            MaxAttempts = submission.MaxAttempts ?? maxAttempts,
            Deadline = Moment.Of(added.Deadline),
            CreatedAt = Moment.Of(job.CreatedAt),
            ExpiresAt = Moment.Of(job.ExpiresAt),
            BaseAddress = job.BaseAddress,
            TraceParent = job.TraceParent,
            WebhookAddress = webhook?.Address,
            WebhookOnStart = webhook?.OnStart ?? false,
            WebhookOnEnd = webhook?.OnEnd ?? false,
            Request = added.Request,
            Extra = job.Extra,
        };
    }

    public static Job Job(JobRow row) => new()
    {
        Id = row.Id,
        Owner = row.Owner,
        Dialect = row.Dialect,
        Request = StoredRequest.Read(row.Request),
        Extra = row.Extra,
        BaseAddress = row.BaseAddress,
        TraceParent = row.TraceParent,
        State = row.State,
        CancelRequested = row.CancelRequested,
        StepsDone = row.StepsDone,
        StepsTotal = row.StepsTotal,
        Attempts = row.Attempts,
        Fence = row.Fence,
        CreatedAt = Moment.Time(row.CreatedAt),
        StartedAt = row.StartedAt is { } started ? Moment.Time(started) : null,
        EndedAt = row.EndedAt is { } ended ? Moment.Time(ended) : null,
        ExpiresAt = Moment.Time(row.ExpiresAt),
        Fault = StoredJson.Read<GenerationFault>(row.Fault),
        Result = StoredJson.Read<JobResult>(row.Result),
    };

    public static ClaimedJob Claimed(JobRow row) =>
        new(new JobClaim(row.Id, row.Fence), Job(row), row.Request, row.MaxAttempts, row.Units, Moment.Time(row.Deadline));

    public static JobEvent Event(JobEventRow row) => new(row.Number, Moment.Time(row.At), StoredJson.Read<JobEventData>(row.Data));

    public static string? KeyDigest(string? key) => key is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
