using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Waits for what happens to jobs, wherever they run: woken by signals, and looking by itself now and then. A Gateway that stops waits with its clients for
/// those that run here; of others they ask another one.
/// </summary>
internal sealed class JobWatcher(
    IJobStore store, JobSignals signals, RunningJobs running, IHostApplicationLifetime lifetime, IOptions<JobOptions> options, TimeProvider time)
{
    private const int EventsAtATime = 256;

    private TimeSpan Poll => TimeSpan.FromSeconds(options.Value.PollSeconds);

    /// <summary>The job's events after a number, as they come; ends after the last one, and when the job is forgotten.</summary>
    /// <exception cref="GenerationException">This Gateway stops, and the job does not run here.</exception>
    public async IAsyncEnumerable<JobEvent> WatchAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watching = signals.Watch(id, out var signal);
        var isEnded = false;
        while (true)
        {
            var next = signal.Next;
            var isElsewhere = IsElsewhere(id);
            var events = await store.EventsAsync(id, after, EventsAtATime, cancellationToken);
            foreach (var happened in events)
            {
                after = happened.Number;
                yield return happened;
                if (happened.Data is JobEnded)
                {
                    yield break;
                }
            }
            if (events.Count == EventsAtATime)
            {
                continue;
            }
            if (events.Count == 0)
            {
                // Who has seen the last event before has none to come.
                if (isEnded || await store.FindAsync(id, cancellationToken) is not { State: var state })
                {
                    yield break;
                }
                // It may have ended between the two looks; its last event came with its end.
                isEnded = state.IsEnd();
                if (isEnded)
                {
                    continue;
                }
            }
            if (isElsewhere)
            {
                throw new GenerationException(JobFaults.Stopping);
            }
            await WaitAsync(next, Poll, cancellationToken);
        }
    }

    /// <summary>Waits until a job has ended, a time is over, or this Gateway stops and the job does not run here.</summary>
    /// <returns>As it is then; null when there is none.</returns>
    public async Task<Job?> WaitAsync(string id, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        using var watching = signals.Watch(id, out var signal);
        while (true)
        {
            var next = signal.Next;
            var isElsewhere = IsElsewhere(id);
            var job = await store.FindAsync(id, cancellationToken);
            var left = atMost - time.GetElapsedTime(since);
            if (job is null || job.State.IsEnd() || left <= TimeSpan.Zero || isElsewhere)
            {
                return job;
            }
            await WaitAsync(next, left < Poll ? left : Poll, cancellationToken);
        }
    }

    // Before a look into the store: what has ended here is seen there then.
    private bool IsElsewhere(string id) => lifetime.ApplicationStopping.IsCancellationRequested && !running.Has(id);

    private async Task WaitAsync(Task signal, TimeSpan atMost, CancellationToken cancellationToken) =>
        await (await Task.WhenAny(signal, Task.Delay(atMost, time, cancellationToken)));
}
