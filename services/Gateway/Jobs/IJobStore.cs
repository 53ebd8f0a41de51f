namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Where jobs are kept. Every method is one transaction; when it returns, what it says is durable. What a Gateway writes of a job that it runs names its
/// claim: when the job has been given to another one meanwhile, nothing is written and the answer is false. Changes are told to <see cref="JobSignals"/>
/// of all Gateways.
/// </summary>
internal interface IJobStore
{
    /// <summary>Keeps a new job, with its first event.</summary>
    /// <returns>The job; the earlier one when owner, dialect and idempotency key are those of an earlier one.</returns>
    Task<Job> AddAsync(NewJob job, CancellationToken cancellationToken);

    Task<Job?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>The job of an idempotency key.</summary>
    Task<Job?> FindAsync(string owner, string dialect, string idempotencyKey, CancellationToken cancellationToken);

    Task<JobPage> ListAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Ended jobs of an owner, in the order of their ends and ids, after an end; with an id, also those of the same time whose ids come after it.</summary>
    Task<IReadOnlyList<Job>> ListEndedAsync(string owner, string dialect, DateTimeOffset after, string? afterId, int most, CancellationToken cancellationToken);

    /// <summary>Events of a job after a number, in order.</summary>
    Task<IReadOnlyList<JobEvent>> EventsAsync(string id, long after, int most, CancellationToken cancellationToken);

    /// <summary>Takes jobs that wait: the higher priority first, of one priority the oldest. Each gets a fence above all that it had, a lease, and the event of its start; the first time, the webhook that is due.</summary>
    Task<IReadOnlyList<ClaimedJob>> ClaimAsync(string gateway, int most, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Extends leases.</summary>
    /// <returns>Those that are still held, and whether their end is asked for.</returns>
    Task<IReadOnlyList<HeldJob>> RenewAsync(string gateway, IReadOnlyList<JobClaim> claims, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Appends events, and keeps the progress that they tell in the job.</summary>
    Task<bool> AppendAsync(JobClaim claim, IReadOnlyList<JobEventData> events, Appending call, CancellationToken cancellationToken);

    /// <summary>The end: events, the last event, result or fault, and the webhook that is due (<see cref="IWebhookOutbox"/>).</summary>
    Task<bool> EndAsync(JobClaim claim, IReadOnlyList<JobEventData> events, JobEnding ending, CancellationToken cancellationToken);

    /// <summary>Back into the queue, until a time.</summary>
    Task<bool> ReleaseAsync(JobClaim claim, DateTimeOffset notBefore, string reason, CancellationToken cancellationToken);

    /// <summary>Ends a job that waits, as <see cref="EndAsync"/> does; asks for the end of one that runs.</summary>
    /// <returns>The job after that; null when there is none.</returns>
    Task<Job?> CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>Jobs whose lease has passed go back into the queue, or fail when that has happened too often; jobs that wait past their deadline fail.</summary>
    /// <param name="mostLosses">Losses after which a job is not taken up again.</param>
    /// <param name="isHeld">Those that the caller has itself, and that stay where they are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many.</returns>
    Task<int> RecoverAsync(int mostLosses, Func<JobClaim, bool> isHeld, CancellationToken cancellationToken);

    /// <summary>Ids of ended jobs whose time has come.</summary>
    Task<IReadOnlyList<string>> ExpiredAsync(int most, CancellationToken cancellationToken);

    /// <summary>Forgets those of the jobs that have ended and whose time has come.</summary>
    Task ForgetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Those of the ids that are jobs.</summary>
    Task<IReadOnlySet<string>> KnownAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    Task<QueueLoad> LoadAsync(CancellationToken cancellationToken);
}

/// <summary>A job to be kept.</summary>
/// <param name="Job">Queued, with id and times.</param>
/// <param name="Request">As JSON (<see cref="StoredRequest"/>).</param>
/// <param name="Submission">Where it comes from.</param>
/// <param name="Units">Its work (<see cref="WorkUnits"/>).</param>
/// <param name="Deadline">When nobody wants it any more.</param>
internal sealed record NewJob(Job Job, string Request, JobSubmission Submission, long Units, DateTimeOffset Deadline);

/// <summary>The right to write of a job, until its lease passes.</summary>
/// <param name="Id">The job.</param>
/// <param name="Fence">Larger with every claim of the job.</param>
internal readonly record struct JobClaim(string Id, long Fence);

/// <summary>Tells one appending of events from the next, so that its repetition writes nothing twice.</summary>
/// <param name="Token">The same for all of its tries.</param>
/// <param name="IsRepeated">Nobody knows what came of an earlier try.</param>
internal readonly record struct Appending(long Token, bool IsRepeated)
{
    public static Appending First() => new(Random.Shared.NextInt64(1, long.MaxValue), IsRepeated: false);
}

/// <param name="Claim">What the Gateway that runs it names.</param>
/// <param name="Job">Running.</param>
/// <param name="Request">As JSON.</param>
/// <param name="MaxAttempts">Times that it may be begun.</param>
/// <param name="Units">Its work.</param>
/// <param name="Deadline">When nobody wants it any more.</param>
internal sealed record ClaimedJob(JobClaim Claim, Job Job, string Request, int MaxAttempts, long Units, DateTimeOffset Deadline);

internal readonly record struct HeldJob(JobClaim Claim, bool CancelRequested);

/// <param name="State">Succeeded, Failed or Cancelled.</param>
/// <param name="Result">When it has succeeded.</param>
/// <param name="Fault">When it has failed.</param>
internal sealed record JobEnding(JobState State, JobResult? Result = null, Generation.GenerationFault? Fault = null);

/// <param name="QueuedJobs">That wait.</param>
/// <param name="QueuedUnits">Their work.</param>
/// <param name="RunningJobs">That are held.</param>
/// <param name="RunningUnits">Their work.</param>
/// <param name="OldestQueued">When the one that was accepted first of those that wait was accepted; null when none waits.</param>
internal readonly record struct QueueLoad(int QueuedJobs, long QueuedUnits, int RunningJobs, long RunningUnits, DateTimeOffset? OldestQueued = null);
