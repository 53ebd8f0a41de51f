using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Keeps this Gateway's jobs its own, and takes up those of Gateways that have died.</summary>
internal sealed partial class JobLeases(
    IJobStore store, RunningJobs running, GatewayIdentity identity, IOptions<JobOptions> options, TimeProvider time, ILogger<JobLeases> logger)
    : BackgroundService
{
    // Three chances before a lease passes.
    private TimeSpan Pause => TimeSpan.FromSeconds(options.Value.LeaseSeconds / 3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RenewAsync(stoppingToken);
                // Whoever has stood still since may find leases of its own that have passed, and no other Gateway that has taken them.
                if (await store.RecoverAsync(options.Value.MaxLosses, running.Has, stoppingToken) is > 0 and var count)
                {
                    LogRecovered(logger, count);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(logger, exception.Message);
            }
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var claims = running.Claims;
        if (claims.Count == 0)
        {
            return;
        }
        var held = await store.RenewAsync(identity.Name, claims, TimeSpan.FromSeconds(options.Value.LeaseSeconds), cancellationToken);
        foreach (var lost in claims.Except(held.Select(job => job.Claim)))
        {
            running.Stop(lost, StopReason.Lost);
        }
        foreach (var cancelled in held.Where(job => job.CancelRequested))
        {
            running.Stop(cancelled.Claim, StopReason.Cancelled);
        }
    }

    [LoggerMessage(447, LogLevel.Warning, "{Count} jobs were taken from gateways that are gone, or had passed their deadlines")]
    private static partial void LogRecovered(ILogger logger, int count);

    [LoggerMessage(448, LogLevel.Error, "Leases were not renewed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
