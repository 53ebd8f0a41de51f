using Microsoft.EntityFrameworkCore;

namespace QwenMesh.Gateway.Jobs.Store;

internal sealed partial class JobStore
{
    public Task<IReadOnlyList<string>> ExpiredAsync(int most, CancellationToken cancellationToken) => transactions.ReadAsync<IReadOnlyList<string>>(async db =>
        await Expired(db).OrderBy(row => row.ExpiresAt).Take(most).Select(row => row.Id).ToListAsync(cancellationToken), cancellationToken);

    public Task ForgetAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) => ids.Count == 0
        ? Task.CompletedTask
        // Events and webhooks go with them.
        : transactions.WriteAsync(session => Expired(session.Db).Where(row => ids.Contains(row.Id)).ExecuteDeleteAsync(cancellationToken), cancellationToken);

    public Task<IReadOnlySet<string>> KnownAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) => transactions.ReadAsync<IReadOnlySet<string>>(async db =>
        await db.Jobs.Where(row => ids.Contains(row.Id)).Select(row => row.Id).ToHashSetAsync(StringComparer.Ordinal, cancellationToken), cancellationToken);

    private IQueryable<JobRow> Expired(JobsDb db)
    {
        var now = Moment.Of(time.GetUtcNow());
        return db.Jobs.Where(row => row.State >= JobState.Succeeded && row.ExpiresAt <= now);
    }
}
