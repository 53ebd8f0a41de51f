using Microsoft.EntityFrameworkCore;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Where the two databases differ: locks, wake-ups, and which faults pass.</summary>
internal abstract class StoreDatabase
{
    /// <summary>For logs: no password is in it.</summary>
    public abstract string Place { get; }

    /// <summary>As OpenTelemetry names it (db.system.name).</summary>
    public abstract string System { get; }

    public abstract void Configure(DbContextOptionsBuilder options);

    /// <summary>Before a transaction that writes.</summary>
    public abstract Task<IDisposable?> EnterWriteAsync(CancellationToken cancellationToken);

    /// <summary>Jobs that nobody else can change until the transaction ends, in the order of their ids.</summary>
    public abstract Task<List<JobRow>> LockAsync(JobsDb db, string[] ids, CancellationToken cancellationToken);

    /// <summary>As <see cref="LockAsync"/>, of a query that names "FROM jobs" with its conditions; jobs that others have locked are left out.</summary>
    public abstract IQueryable<JobRow> LockFree(JobsDb db, FormattableString query);

    /// <summary>As <see cref="LockFree(JobsDb, FormattableString)"/>, of webhooks.</summary>
    public abstract IQueryable<WebhookRow> LockFreeWebhooks(JobsDb db, FormattableString query);

    /// <summary>Within the transaction: other Gateways hear of it when it is committed.</summary>
    public abstract Task NotifyAsync(JobsDb db, IReadOnlyCollection<string> notices, CancellationToken cancellationToken);

    /// <summary>Whether a repetition may help: lost connections, deadlocks, a database that is busy.</summary>
    public abstract bool IsTransient(Exception exception);

    /// <summary>Whether a row of that key is there already.</summary>
    public abstract bool IsDuplicate(Exception exception);

    /// <summary>Makes or changes the tables; of several processes that begin at once one does it, the others wait.</summary>
    public abstract Task MigrateAsync(JobsDb db, CancellationToken cancellationToken);

    protected static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            yield return inner;
        }
    }

    protected static void ConfigureCommon(DbContextOptionsBuilder options) =>
        options.UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking);
}
