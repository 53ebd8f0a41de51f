using Microsoft.EntityFrameworkCore;

namespace QwenMesh.Gateway.Jobs.Store;

internal sealed partial class JobStore
{
    public Task<JobPage> ListAsync(JobQuery query, CancellationToken cancellationToken) => transactions.ReadAsync(async db =>
    {
        var all = Matching(db.Jobs, query);
        var total = await all.CountAsync(cancellationToken);
#pragma warning disable CA1309 // It becomes SQL, whose comparison is the database's.
        var rest = query.AfterId is { } after ? all.Where(row => string.Compare(row.Id, after) < 0) : all;
#pragma warning restore CA1309
        // Ids are made in the order of their times.
        var rows = await rest.OrderByDescending(row => row.Id).Skip(query.Skip).Take(query.Take).ToListAsync(cancellationToken);
        return new JobPage([.. rows.Select(JobRows.Job)], total);
    }, cancellationToken);

    public Task<IReadOnlyList<Job>> ListEndedAsync(string owner, string dialect, DateTimeOffset after, string? afterId, int most, CancellationToken cancellationToken) =>
        transactions.ReadAsync<IReadOnlyList<Job>>(async db =>
        {
            var since = Moment.Of(after);
            var ended = db.Jobs.Where(row => row.Owner == owner && row.Dialect == dialect);
#pragma warning disable CA1309 // It becomes SQL, whose comparison is the database's.
            ended = afterId is null
                ? ended.Where(row => row.EndedAt > since)
                : ended.Where(row => row.EndedAt >= since && (row.EndedAt > since || string.Compare(row.Id, afterId) > 0));
#pragma warning restore CA1309
            var rows = await ended
                .OrderBy(row => row.EndedAt).ThenBy(row => row.Id).Take(most).ToListAsync(cancellationToken);
            return [.. rows.Select(JobRows.Job)];
        }, cancellationToken);

    public Task<QueueLoad> LoadAsync(CancellationToken cancellationToken) => transactions.ReadAsync(async db =>
    {
        var load = await db.Jobs.Where(row => row.State == JobState.Queued || row.State == JobState.Running).GroupBy(row => row.State)
            .Select(group => new { State = group.Key, Jobs = group.Count(), Units = group.Sum(row => row.Units), Oldest = group.Min(row => row.CreatedAt) })
            .ToDictionaryAsync(group => group.State, cancellationToken);
        var (queued, running) = (load.GetValueOrDefault(JobState.Queued), load.GetValueOrDefault(JobState.Running));
        return new QueueLoad(
            queued?.Jobs ?? 0, queued?.Units ?? 0, running?.Jobs ?? 0, running?.Units ?? 0, queued is null ? null : Moment.Time(queued.Oldest));
    }, cancellationToken);

    private static IQueryable<JobRow> Matching(IQueryable<JobRow> jobs, JobQuery query)
    {
        jobs = jobs.Where(row => row.Owner == query.Owner);
        if (query.Dialect is { } dialect)
        {
            jobs = jobs.Where(row => row.Dialect == dialect);
        }
        if (query.States.Count > 0)
        {
            jobs = jobs.Where(row => query.States.Contains(row.State));
        }
        if (query.Model is { } model)
        {
            jobs = CanBeKept(model) ? jobs.Where(row => row.Model == model) : jobs.Where(row => false);
        }
        if (query.CreatedFrom is { } from)
        {
            var least = Moment.Of(from);
            jobs = jobs.Where(row => row.CreatedAt >= least);
        }
        if (query.CreatedBefore is { } before)
        {
            var most = Moment.Of(before);
            jobs = jobs.Where(row => row.CreatedAt < most);
        }
        return jobs;
    }
}
