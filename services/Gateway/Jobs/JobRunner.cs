using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Takes jobs from the queue while this Gateway has room, and runs them. A Gateway that stops takes no more than those whose callers still wait here, and
/// hands back what does not end in time.
/// </summary>
internal sealed partial class JobRunner(
    IJobStore store, JobExecution execution, JobAdmission admission, RunningJobs running, LocalCalls calls, JobSignals signals, GatewayIdentity identity,
    IHostApplicationLifetime lifetime, IOptions<JobOptions> options, IOptions<GatewayOptions> gateway, TimeProvider time, ILogger<JobRunner> logger)
    : BackgroundService
{
    private static readonly TimeSpan HandBackTime = TimeSpan.FromSeconds(2);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var left = TimeSpan.FromSeconds(gateway.Value.DrainSeconds) - HandBackTime;
        await EndedAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
        running.StopAll(StopReason.HandedBack);
        await EndedAsync(HandBackTime, CancellationToken.None);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        signals.OnCancelAsked = id => running.Stop(id, StopReason.Cancelled);
        while (!stoppingToken.IsCancellationRequested)
        {
            var (queued, freed) = (signals.Queue.Next, running.Freed.Next);
            // Before the claim: a place that is freed after it has found none must not be taken for one that the queue had no job for.
            var hasRoom = running.HasRoom;
            if (await ClaimAsync(stoppingToken))
            {
                continue;
            }
            await Task.WhenAny(hasRoom ? queued : freed, Task.Delay(TimeSpan.FromSeconds(options.Value.PollSeconds), time, stoppingToken));
        }
    }

    // Whether there may be more.
    private async Task<bool> ClaimAsync(CancellationToken cancellationToken)
    {
        if (running.Room is not (> 0 and var room) || (lifetime.ApplicationStopping.IsCancellationRequested && calls.IsEmpty))
        {
            return false;
        }
        try
        {
            var claimed = await store.ClaimAsync(identity.Name, room, TimeSpan.FromSeconds(options.Value.LeaseSeconds), cancellationToken);
            admission.Begun(claimed);
            foreach (var job in claimed)
            {
                _ = RunAsync(job, running.Add(job));
            }
            return claimed.Count == room;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNoStore(logger, exception.Message);
            return false;
        }
    }

    private async Task RunAsync(ClaimedJob claimed, RunningJob job)
    {
        // The claims of the next ones do not wait for what runs before the first await.
        await Task.Yield();
        try
        {
            await execution.RunAsync(claimed, job);
        }
        catch (Exception exception)
        {
            LogBroken(logger, exception, claimed.Claim.Id);
        }
        finally
        {
            running.Remove(job);
        }
    }

    private Task EndedAsync(TimeSpan limit, CancellationToken cancellationToken) =>
        ((Task)Task.WhenAny(Task.WhenAll(running.Ends), Task.Delay(limit, time, cancellationToken))).WaitAsync(CancellationToken.None);

    [LoggerMessage(445, LogLevel.Error, "No jobs can be taken: {Reason}")]
    private static partial void LogNoStore(ILogger logger, string reason);

    [LoggerMessage(446, LogLevel.Error, "The attempt at job {Job} broke off")]
    private static partial void LogBroken(ILogger logger, Exception exception, string job);
}
