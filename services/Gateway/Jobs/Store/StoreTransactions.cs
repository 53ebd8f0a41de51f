using System.Data;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>
/// Runs transactions, again when a fault passes. A lost connection may leave a commit whose outcome nobody knows: work that is repeated
/// (<see cref="StoreSession.IsRepeated"/>) finds what it has written and does it once.
/// </summary>
internal sealed partial class StoreTransactions(
    IDbContextFactory<JobsDb> contexts, StoreDatabase database, JobSignals signals, StoreInstrumentation instrumentation, TimeProvider time,
    ILogger<StoreTransactions> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>One transaction that writes; durable when it returns.</summary>
    /// <exception cref="GenerationException">The database could not be reached for a while (<see cref="JobFaults.NoStore"/>).</exception>
    public async Task<T> WriteAsync<T>(
        Func<StoreSession, Task<T>> work, CancellationToken cancellationToken, [CallerMemberName] string operation = "")
    {
        var (result, notices) = await RepeatAsync(async isRepeated =>
        {
            using var turn = await database.EnterWriteAsync(cancellationToken);
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            try
            {
                var session = new StoreSession(db, database, Moment.Of(time.GetUtcNow()), isRepeated, cancellationToken);
                var result = await work(session);
                await db.SaveChangesAsync(cancellationToken);
                await database.NotifyAsync(db, session.Notices.Texts, cancellationToken);
                await transaction.CommitAsync(CancellationToken.None);
                return (result, session.Notices);
            }
            catch (InvalidOperationException exception) when (db.Database.GetDbConnection().State != ConnectionState.Open)
            {
                // Found out between two commands: the driver then says that the transaction is completed.
                throw new ConnectionLostException(exception);
            }
        }, operation, cancellationToken);
        notices.Raise(signals);
        return result;
    }

    /// <summary>Queries that need not agree with one another.</summary>
    /// <exception cref="GenerationException">As of <see cref="WriteAsync"/>.</exception>
    public Task<T> ReadAsync<T>(
        Func<JobsDb, Task<T>> query, CancellationToken cancellationToken, [CallerMemberName] string operation = "") => RepeatAsync(async _ =>
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await query(db);
    }, operation, cancellationToken);

    private async Task<T> RepeatAsync<T>(Func<bool, Task<T>> attempt, string operation, CancellationToken cancellationToken)
    {
        using var span = instrumentation.Begin(operation);
        var begin = Stopwatch.GetTimestamp();
        for (var failures = 0; ; failures++)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                var result = await attempt(failures > 0);
                instrumentation.Tried(started, "done");
                return result;
            }
            catch (Exception exception) when (IsTransient(exception) && Stopwatch.GetElapsedTime(begin) < Limit)
            {
                instrumentation.Tried(started, "repeated");
                LogRepeated(exception.GetBaseException().Message);
                // The first at once: of several connections that were lost, each has to be found out.
                await Task.Delay(failures == 0 ? TimeSpan.Zero : Pause(failures), cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A row that is there already is an answer.
                instrumentation.Tried(started, database.IsDuplicate(exception) ? "done" : "failed");
                span?.SetStatus(ActivityStatusCode.Error, exception.GetBaseException().Message);
                if (IsTransient(exception))
                {
                    throw new GenerationException(JobFaults.NoStore, exception);
                }
                throw;
            }
        }
    }

    private bool IsTransient(Exception exception) => exception is ConnectionLostException || database.IsTransient(exception);

    private static TimeSpan Pause(int failures) =>
        TimeSpan.FromMilliseconds(Math.Min(5 * Math.Pow(2, Math.Min(failures, 10)), LongestPause.TotalMilliseconds) * (0.5 + Random.Shared.NextDouble()));

    [LoggerMessage(431, LogLevel.Warning, "A transaction of the job store is repeated: {Reason}")]
    private partial void LogRepeated(string reason);

    private sealed class ConnectionLostException(Exception inner) : Exception("the connection was lost", inner);
}
