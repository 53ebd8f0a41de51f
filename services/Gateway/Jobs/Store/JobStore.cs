using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Jobs in a database: what clients ask for. The other files hold what those who run jobs ask for, and the upkeep.</summary>
internal sealed partial class JobStore(StoreTransactions transactions, StoreDatabase database, IOptions<JobOptions> options, TimeProvider time) : IJobStore
{
    // Not static: each is compiled for one kind of database.
    private readonly Func<JobsDb, string, Task<JobRow?>> _find =
        EF.CompileAsyncQuery((JobsDb db, string id) => db.Jobs.SingleOrDefault(row => row.Id == id));

    private readonly Func<JobsDb, string, long, int, IAsyncEnumerable<JobEventRow>> _events = EF.CompileAsyncQuery(
        (JobsDb db, string id, long after, int most) => db.Events.Where(row => row.JobId == id && row.Number > after).OrderBy(row => row.Number).Take(most));

    private TimeSpan Kept => TimeSpan.FromHours(options.Value.ResultHours);

    public async Task<Job> AddAsync(NewJob job, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await transactions.WriteAsync(session =>
                {
                    var row = JobRows.Row(job, options.Value.MaxAttempts);
                    session.Begin(row);
                    return Task.FromResult(JobRows.Job(row));
                }, cancellationToken);
            }
            catch (DbUpdateException exception) when (database.IsDuplicate(exception))
            {
                // By its id, when a commit went through whose answer was lost; else by its key. None, when the earlier one has just been forgotten.
                if (await EarlierAsync(job, cancellationToken) is { } earlier)
                {
                    return earlier;
                }
            }
        }
    }

    public async Task<Job?> FindAsync(string id, CancellationToken cancellationToken) =>
        CanBeKept(id) && await transactions.ReadAsync(db => _find(db, id), cancellationToken) is { } row ? JobRows.Job(row) : null;

    public async Task<Job?> FindAsync(string owner, string dialect, string idempotencyKey, CancellationToken cancellationToken)
    {
        var key = JobRows.KeyDigest(idempotencyKey);
        var row = await transactions.ReadAsync(
            db => db.Jobs.FirstOrDefaultAsync(row => row.Owner == owner && row.Dialect == dialect && row.IdempotencyKey == key, cancellationToken),
            cancellationToken);
        return row is null ? null : JobRows.Job(row);
    }

    public Task<IReadOnlyList<JobEvent>> EventsAsync(string id, long after, int most, CancellationToken cancellationToken) => transactions.ReadAsync<IReadOnlyList<JobEvent>>(
        async db => await _events(db, id, after, most).Select(JobRows.Event).ToListAsync(cancellationToken), cancellationToken);

    public Task<Job?> CancelAsync(string id, CancellationToken cancellationToken) => transactions.WriteAsync(async session =>
    {
        if (await session.LockAsync(id) is not { } job)
        {
            return null;
        }
        if (job.TryMove(JobTrigger.Cancel))
        {
            if (job.State.IsEnd())
            {
                job.Fence++;
                session.End(job, Kept);
            }
            else
            {
                session.Notices.Cancel(id);
            }
        }
        return JobRows.Job(job);
    }, cancellationToken);

    // PostgreSQL has no text with a NUL in it, and refuses to look for one. Ids and names of models come from clients.
    private static bool CanBeKept(string text) => !text.Contains('\0', StringComparison.Ordinal);

    private async Task<Job?> EarlierAsync(NewJob job, CancellationToken cancellationToken)
    {
        var (id, owner, dialect, key) = (job.Job.Id, job.Job.Owner, job.Job.Dialect, JobRows.KeyDigest(job.Submission.IdempotencyKey));
        var row = await transactions.ReadAsync(
            db => db.Jobs.FirstOrDefaultAsync(
                row => row.Id == id || (key != null && row.Owner == owner && row.Dialect == dialect && row.IdempotencyKey == key), cancellationToken),
            cancellationToken);
        return row is null ? null : JobRows.Job(row);
    }
}
