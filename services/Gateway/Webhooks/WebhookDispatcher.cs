using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>
/// Takes webhooks that are due and delivers them, at least once: one whose Gateway dies between the receiver's answer and its own note of it comes again when
/// its lease passes. Their order is not kept.
/// </summary>
internal sealed partial class WebhookDispatcher(
    IWebhookOutbox outbox, WebhookAttempts attempts, JobSignals signals, IOptions<WebhookOptions> options, IOptions<JobOptions> jobs, TimeProvider time,
    ILogger<WebhookDispatcher> logger) : BackgroundService
{
    // More than are under way, so that those to a slow host do not hide the others behind them.
    private const int MostTaken = 1000;
    private const int MostAtATime = 100;

    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestWait = Lease - IWebhookForm.MaxTimeout;
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(5);

    private readonly WebhookLanes _lanes = new(options.Value.MaxConcurrent, options.Value.MaxConcurrentPerHost);
    private readonly ConcurrentDictionary<WebhookDelivery, Task> _taken = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentBag<WebhookDelivery> _left = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ending = new CancellationTokenSource();
        while (!stoppingToken.IsCancellationRequested)
        {
            var due = signals.WebhookDue.Next;
            if (!await TakeAsync(ending.Token, stoppingToken))
            {
                await Task.WhenAny(due, Task.Delay(TimeSpan.FromSeconds(jobs.Value.PollSeconds), time, stoppingToken));
            }
        }
        // What is under way gets a moment; the rest is for whoever comes next, and need not wait for its lease.
        ending.CancelAfter(StopTime);
        await Task.WhenAll(_taken.Values);
        await FreeAsync();
    }

    private async Task FreeAsync()
    {
        try
        {
            await outbox.FreeAsync(_left, CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogNotTaken(logger, exception.Message);
        }
    }

    // Whether there may be more.
    private async Task<bool> TakeAsync(CancellationToken ending, CancellationToken stopping)
    {
        if (_taken.Count >= MostTaken)
        {
            return false;
        }
        try
        {
            var claimed = await outbox.ClaimAsync(MostAtATime, Lease, stopping);
            foreach (var delivery in claimed)
            {
                var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _taken[delivery] = RunAsync(delivery, begin.Task, ending, stopping);
                begin.SetResult();
            }
            return claimed.Count == MostAtATime;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotTaken(logger, exception.Message);
            return false;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task RunAsync(WebhookDelivery delivery, Task begin, CancellationToken ending, CancellationToken stopping)
    {
        await begin;
        try
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            wait.CancelAfter(LongestWait);
            using var place = await _lanes.EnterAsync(WebhookAttempts.HostOf(delivery), wait.Token);
            await attempts.RunAsync(delivery, ending);
        }
        catch (OperationCanceledException)
        {
            if (stopping.IsCancellationRequested)
            {
                _left.Add(delivery);
            }
            LogLeft(logger, delivery.Job.Id);
        }
        catch (Exception exception)
        {
            LogNotNoted(logger, exception, delivery.Job.Id);
        }
        finally
        {
            _taken.TryRemove(delivery, out _);
        }
    }

    [LoggerMessage(463, LogLevel.Error, "No webhooks can be taken or left: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string reason);

    [LoggerMessage(464, LogLevel.Debug, "The webhook of job {Job} is left for later")]
    private static partial void LogLeft(ILogger logger, string job);

    [LoggerMessage(465, LogLevel.Error, "What came of the webhook of job {Job} could not be noted; it will come again")]
    private static partial void LogNotNoted(ILogger logger, Exception exception, string job);
}
