using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Jobs in memory, until the database is there.</summary>
internal sealed class TemporaryStore(JobSignals signals, TimeProvider time) : IJobStore, IAuditTrail, ISigningKeys
{
    private sealed class Row { public required Job Job; public required NewJob New; public long Fence; public List<JobEvent> Events = []; public DateTimeOffset NotBefore; }
    private readonly Dictionary<string, Row> _rows = [];
    private readonly byte[] _key = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
    private void Add(Row row, JobEventData data) => row.Events.Add(new JobEvent(row.Events.Count + 1, time.GetUtcNow(), data));
    private T Do<T>(Func<T> f) { lock (_rows) { return f(); } }
    public Task<Job> AddAsync(NewJob job, CancellationToken c)
    {
        var added = Do(() =>
        {
            var known = job.Submission.IdempotencyKey is { } key ? _rows.Values.FirstOrDefault(r => r.Job.Owner == job.Job.Owner && r.Job.Dialect == job.Job.Dialect && r.New.Submission.IdempotencyKey == key) : null;
            if (known is not null) { return known.Job; }
            var row = new Row { Job = job.Job, New = job }; _rows[job.Job.Id] = row; Add(row, new JobQueued()); return row.Job;
        });
        signals.Queue.Raise(); signals.Changed(job.Job.Id);
        return Task.FromResult(added);
    }
    public Task<Job?> FindAsync(string id, CancellationToken c) => Task.FromResult(Do(() => _rows.GetValueOrDefault(id)?.Job));
    public Task<JobPage> ListAsync(JobQuery q, CancellationToken c) => Task.FromResult(Do(() =>
    {
        var all = _rows.Values.Select(r => r.Job).Where(j => j.Owner == q.Owner && (q.Dialect is null || j.Dialect == q.Dialect) && (q.States.Count == 0 || q.States.Contains(j.State)) && (q.Model is null || j.Request.Model == q.Model)
            && (q.CreatedFrom is null || j.CreatedAt >= q.CreatedFrom) && (q.CreatedBefore is null || j.CreatedAt < q.CreatedBefore)).OrderByDescending(j => j.Id, StringComparer.Ordinal).ToList();
        return new JobPage([.. all.Where(j => q.AfterId is null || string.CompareOrdinal(j.Id, q.AfterId) < 0).Skip(q.Skip).Take(q.Take)], all.Count);
    }));
    public Task<IReadOnlyList<Job>> ListEndedAsync(string owner, string dialect, DateTimeOffset after, int most, CancellationToken c) =>
        Task.FromResult(Do(() => (IReadOnlyList<Job>)[.. _rows.Values.Select(r => r.Job).Where(j => j.Owner == owner && j.Dialect == dialect && j.EndedAt > after).OrderBy(j => j.EndedAt).Take(most)]));
    public Task<IReadOnlyList<JobEvent>> EventsAsync(string id, long after, int most, CancellationToken c) =>
        Task.FromResult(Do(() => (IReadOnlyList<JobEvent>)[.. _rows.GetValueOrDefault(id)?.Events.Where(e => e.Number > after).Take(most) ?? []]));
    public Task<IReadOnlyList<ClaimedJob>> ClaimAsync(string gateway, int most, TimeSpan lease, CancellationToken c)
    {
        var claimed = Do(() => (IReadOnlyList<ClaimedJob>)[.. _rows.Values.Where(r => r.Job.State == JobState.Queued && r.NotBefore <= time.GetUtcNow()).OrderByDescending(r => r.Job.Request.Priority).ThenBy(r => r.Job.Id, StringComparer.Ordinal).Take(most).ToArray().Select(r =>
        {
            r.Fence++; r.Job = r.Job with { State = JobState.Running, Attempts = r.Job.Attempts + 1, StartedAt = time.GetUtcNow() }; Add(r, new JobStarted(r.Job.Attempts));
            return new ClaimedJob(new JobClaim(r.Job.Id, r.Fence), r.Job, r.New.Request, r.New.MaxAttempts, r.New.Units, r.New.Deadline);
        })]);
        foreach (var job in claimed) { signals.Changed(job.Claim.Id); }
        return Task.FromResult(claimed);
    }
    private bool Held(JobClaim claim, Action<Row> write)
    {
        var held = Do(() => { var row = _rows.GetValueOrDefault(claim.Id); if (row is null || row.Fence != claim.Fence || row.Job.State != JobState.Running) { return false; } write(row); return true; });
        signals.Changed(claim.Id);
        return held;
    }
    public Task<IReadOnlyList<HeldJob>> RenewAsync(string gateway, IReadOnlyList<JobClaim> claims, TimeSpan lease, CancellationToken c) =>
        Task.FromResult(Do(() => (IReadOnlyList<HeldJob>)[.. claims.Where(x => _rows.GetValueOrDefault(x.Id) is { } r && r.Fence == x.Fence && r.Job.State == JobState.Running).Select(x => new HeldJob(x, _rows[x.Id].Job.CancelRequested))]));
    private void AddAll(Row row, IReadOnlyList<JobEventData> events)
    {
        foreach (var e in events) { Add(row, e); if (e is JobStep s) { row.Job = row.Job with { StepsDone = s.Step, StepsTotal = s.Total }; } }
    }
    public Task<bool> AppendAsync(JobClaim claim, IReadOnlyList<JobEventData> events, CancellationToken c) => Task.FromResult(Held(claim, row => AddAll(row, events)));
    public Task<bool> EndAsync(JobClaim claim, IReadOnlyList<JobEventData> events, JobEnding ending, CancellationToken c)
    {
        var held = Held(claim, row => { AddAll(row, events); End(row, ending); });
        signals.Ended.Raise();
        return Task.FromResult(held);
    }
    private void End(Row row, JobEnding ending)
    {
        row.Job = row.Job with { State = ending.State, Result = ending.Result, Fault = ending.Fault, EndedAt = time.GetUtcNow(), ExpiresAt = time.GetUtcNow().AddHours(24) };
        Add(row, new JobEnded(ending.State, ending.Fault));
    }
    public Task<bool> ReleaseAsync(JobClaim claim, DateTimeOffset notBefore, string reason, CancellationToken c)
    {
        var held = Held(claim, row => { row.Job = row.Job with { State = JobState.Queued }; row.NotBefore = notBefore; Add(row, new JobRetried(reason)); });
        signals.Queue.Raise();
        return Task.FromResult(held);
    }
    public Task<Job?> CancelAsync(string id, CancellationToken c)
    {
        var job = Do(() => { var row = _rows.GetValueOrDefault(id); if (row?.Job.State == JobState.Queued) { End(row, new JobEnding(JobState.Cancelled)); } else if (row?.Job.State == JobState.Running) { row.Job = row.Job with { CancelRequested = true }; } return row?.Job; });
        signals.CancelAsked(id); signals.Ended.Raise();
        return Task.FromResult(job);
    }
    public Task<int> RecoverAsync(int mostLosses, CancellationToken c) => Task.FromResult(0);
    public Task<IReadOnlyList<string>> ForgetAsync(int most, CancellationToken c) => Task.FromResult<IReadOnlyList<string>>([]);
    public Task<QueueLoad> LoadAsync(CancellationToken c) => Task.FromResult(Do(() => new QueueLoad(
        _rows.Values.Count(r => r.Job.State == JobState.Queued), _rows.Values.Where(r => r.Job.State == JobState.Queued).Sum(r => r.New.Units), _rows.Values.Count(r => r.Job.State == JobState.Running), 0)));
    public Task RecordAsync(AuditRecord record, CancellationToken c) => Task.CompletedTask;
    public Task<IReadOnlyList<AuditRecord>> ListAsync(int most, CancellationToken c) => Task.FromResult<IReadOnlyList<AuditRecord>>([]);
    ValueTask<byte[]> ISigningKeys.GetAsync(string name, CancellationToken cancellationToken) => new(_key);
}
