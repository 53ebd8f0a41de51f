using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>The real store, with something that happens before a call of it, e.g. that it cannot be reached.</summary>
internal sealed class InterruptedStore(JobStore store) : IJobStore
{
    /// <summary>Gets the name of the method.</summary>
    public Action<string> Before { get; set; } = _ => { };

    /// <summary>What a look at a job's events waits for.</summary>
    public Func<Task> BeforeEvents { get; set; } = () => Task.CompletedTask;

    public Task<Job> AddAsync(NewJob job, CancellationToken cancellationToken) => Then(nameof(AddAsync)).AddAsync(job, cancellationToken);

    public Task<Job?> FindAsync(string id, CancellationToken cancellationToken) => Then(nameof(FindAsync)).FindAsync(id, cancellationToken);

    public Task<Job?> FindAsync(string owner, string dialect, string idempotencyKey, CancellationToken cancellationToken) =>
        Then(nameof(FindAsync)).FindAsync(owner, dialect, idempotencyKey, cancellationToken);

    public Task<JobPage> ListAsync(JobQuery query, CancellationToken cancellationToken) => Then(nameof(ListAsync)).ListAsync(query, cancellationToken);

    public Task<IReadOnlyList<Job>> ListEndedAsync(string owner, string dialect, DateTimeOffset after, string? afterId, int most, CancellationToken cancellationToken) =>
        Then(nameof(ListEndedAsync)).ListEndedAsync(owner, dialect, after, afterId, most, cancellationToken);

    public async Task<IReadOnlyList<JobEvent>> EventsAsync(string id, long after, int most, CancellationToken cancellationToken)
    {
        await BeforeEvents();
        return await Then(nameof(EventsAsync)).EventsAsync(id, after, most, cancellationToken);
    }

    public Task<IReadOnlyList<ClaimedJob>> ClaimAsync(string gateway, int most, TimeSpan lease, CancellationToken cancellationToken) =>
        Then(nameof(ClaimAsync)).ClaimAsync(gateway, most, lease, cancellationToken);

    public Task<IReadOnlyList<HeldJob>> RenewAsync(string gateway, IReadOnlyList<JobClaim> claims, TimeSpan lease, CancellationToken cancellationToken) =>
        Then(nameof(RenewAsync)).RenewAsync(gateway, claims, lease, cancellationToken);

    public Task<bool> AppendAsync(JobClaim claim, IReadOnlyList<JobEventData> events, Appending call, CancellationToken cancellationToken) =>
        Then(nameof(AppendAsync)).AppendAsync(claim, events, call, cancellationToken);

    public Task<bool> EndAsync(JobClaim claim, IReadOnlyList<JobEventData> events, JobEnding ending, CancellationToken cancellationToken) =>
        Then(nameof(EndAsync)).EndAsync(claim, events, ending, cancellationToken);

    public Task<bool> ReleaseAsync(JobClaim claim, DateTimeOffset notBefore, string reason, CancellationToken cancellationToken) =>
        Then(nameof(ReleaseAsync)).ReleaseAsync(claim, notBefore, reason, cancellationToken);

    public Task<Job?> CancelAsync(string id, CancellationToken cancellationToken) => Then(nameof(CancelAsync)).CancelAsync(id, cancellationToken);

    public Task<int> RecoverAsync(int mostLosses, Func<JobClaim, bool> isHeld, CancellationToken cancellationToken) =>
        Then(nameof(RecoverAsync)).RecoverAsync(mostLosses, isHeld, cancellationToken);

    public Task<IReadOnlyList<string>> ExpiredAsync(int most, CancellationToken cancellationToken) => Then(nameof(ExpiredAsync)).ExpiredAsync(most, cancellationToken);

    public Task ForgetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) => Then(nameof(ForgetAsync)).ForgetAsync(ids, cancellationToken);

    public Task<IReadOnlySet<string>> KnownAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        Then(nameof(KnownAsync)).KnownAsync(ids, cancellationToken);

    public Task<QueueLoad> LoadAsync(CancellationToken cancellationToken) => Then(nameof(LoadAsync)).LoadAsync(cancellationToken);

    private JobStore Then(string method)
    {
        Before(method);
        return store;
    }
}
