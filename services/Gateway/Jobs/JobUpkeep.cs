using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Removes what has had its time: jobs with their files, previews of ended jobs, files of no job, and audit records. Apart from the leases, which do not wait for it.</summary>
internal sealed partial class JobUpkeep(
    IJobStore store, JobFiles files, KeptPreviews previews, LostFiles lost, IAuditTrail audit, IOptions<GuardrailOptions> guardrails, TimeProvider time,
    ILogger<JobUpkeep> logger) : BackgroundService
{
    private const int ForgottenAtATime = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongPause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        DateTimeOffset? rare = null;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryAsync(ForgetAsync, stoppingToken);
            await TryAsync(previews.RemoveAsync, stoppingToken);
            if (!(time.GetUtcNow() - rare < LongPause))
            {
                rare = time.GetUtcNow();
                await TryAsync(RemoveLostAsync, stoppingToken);
                await TryAsync(ForgetAuditAsync, stoppingToken);
            }
        }
    }

    /// <summary>Files first: of a Gateway that dies in between a job is left that is still to be forgotten. Its addresses have expired already.</summary>
    internal async Task ForgetAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> expired;
        var forgotten = new List<string>();
        do
        {
            forgotten.Clear();
            expired = await store.ExpiredAsync(ForgottenAtATime, cancellationToken);
            foreach (var job in expired)
            {
                await TryAsync(async stop =>
                {
                    await files.DeleteAsync(job, stop);
                    forgotten.Add(job);
                }, cancellationToken);
            }
            await store.ForgetAsync(forgotten, cancellationToken);
        }
        while (forgotten.Count == ForgottenAtATime);
    }

    private async Task RemoveLostAsync(CancellationToken cancellationToken)
    {
        if (await lost.RemoveAsync(cancellationToken) is > 0 and var count)
        {
            LogLost(logger, count);
        }
    }

    internal async Task ForgetAuditAsync(CancellationToken cancellationToken)
    {
        if (guardrails.Value.AuditDays > 0)
        {
            await audit.ForgetAsync(time.GetUtcNow() - TimeSpan.FromDays(guardrails.Value.AuditDays), cancellationToken);
        }
    }

    // What fails is done next time; the rest does not wait for it.
    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(logger, exception.Message);
        }
    }

    [LoggerMessage(449, LogLevel.Error, "What has expired could not be removed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(450, LogLevel.Warning, "Files of {Count} ids that no job has were removed")]
    private static partial void LogLost(ILogger logger, int count);
}
