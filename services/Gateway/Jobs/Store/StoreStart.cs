using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Makes the tables before anything else starts that uses them.</summary>
internal sealed partial class StoreStart(IDbContextFactory<JobsDb> contexts, StoreDatabase database, ILogger<StoreStart> logger) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How long a database may take to come up.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var db = await contexts.CreateDbContextAsync(cancellationToken);
                await database.MigrateAsync(db, cancellationToken);
                LogReady(database.Place);
                return;
            }
            catch (Exception exception) when (database.IsTransient(exception) && Stopwatch.GetElapsedTime(begin) < Limit)
            {
                LogWaits(database.Place, exception.GetBaseException().Message);
                await Task.Delay(Pause, cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                throw new InvalidOperationException(
                    $"the job store at {database.Place} cannot be used (Jobs:ConnectionString, Jobs:Folder): {exception.GetBaseException().Message}", exception);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(430, LogLevel.Information, "Jobs are kept in {Place}")]
    private partial void LogReady(string place);

    [LoggerMessage(432, LogLevel.Warning, "The job store at {Place} does not answer yet: {Reason}")]
    private partial void LogWaits(string place, string reason);
}
