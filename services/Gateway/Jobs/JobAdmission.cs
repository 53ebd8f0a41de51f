using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Whether another job may wait. The queue is measured in work, and looked at a few times a second: what other Gateways accept in between may take it a
/// little over its bound.
/// </summary>
internal sealed class JobAdmission(IJobStore store, WorkRate rate, RunningJobs running, IOptions<JobOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private QueueLoad _load;
    private long _change;
    private long _at;
    private Task _look = Task.CompletedTask;

    /// <summary>The queue as it was last looked at.</summary>
    public QueueLoad Load
    {
        get
        {
            lock (_lock)
            {
                return _load;
            }
        }
    }

    /// <summary>Refuses work that would not find room now.</summary>
    /// <exception cref="GenerationException">The queue is full; the fault says when to come again.</exception>
    public async Task AdmitAsync(long units, CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        Demand(units);
        lock (_lock)
        {
            _change += units;
        }
    }

    /// <summary>Jobs wait no more: this Gateway has begun them.</summary>
    public void Begun(IReadOnlyList<ClaimedJob> jobs)
    {
        lock (_lock)
        {
            _change -= jobs.Sum(job => job.Units);
        }
    }

    /// <summary>Refuses when not even the smallest job would find room, as far as is known.</summary>
    /// <exception cref="GenerationException">The queue is full.</exception>
    public void RefuseWhenFull()
    {
        if (IsFresh())
        {
            Demand(units: 1);
            return;
        }
        // Whether it is accepted is decided when its body is read; this is for those who come next.
        LookAgain();
    }

    /// <summary>Has the queue looked at, unless that was a moment ago; <see cref="Load"/> tells it when the store has answered.</summary>
    public void LookAgain() => _ = RefreshAsync(CancellationToken.None).ContinueWith(
        failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private void Demand(long units)
    {
        var most = options.Value.MaxQueuedUnits;
        QueueLoad load;
        long waiting;
        lock (_lock)
        {
            load = _load;
            waiting = Math.Max(0, load.QueuedUnits + _change);
        }
        // What this Gateway begins at once does not wait; a job that is larger than the whole queue may wait alone.
        if (waiting + units <= most || (waiting == 0 && (most > 0 || running.HasRoom)))
        {
            return;
        }
        throw new GenerationException(new GenerationFault(null, FaultKind.Overloaded, $"{load.QueuedJobs} jobs are waiting; try again later")
        {
            RetryAfter = rate.TimeFor(Math.Max(waiting + units - most, units), load.RunningJobs),
        });
    }

    // Who comes while the queue is looked at waits for that: what were let in before its end would be counted no more after it.
    private Task RefreshAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (IsFresh())
            {
                return Task.CompletedTask;
            }
            if (_look.IsCompleted)
            {
                _look = LookAsync();
            }
            return _look.WaitAsync(cancellationToken);
        }
    }

    private async Task LookAsync()
    {
        await Task.Yield(); // Not under the lock.
        var load = await store.LoadAsync(CancellationToken.None);
        lock (_lock)
        {
            (_load, _change, _at) = (load, 0, time.GetTimestamp());
        }
    }

    private bool IsFresh()
    {
        lock (_lock)
        {
            return _at != 0 && time.GetElapsedTime(_at) < Look;
        }
    }
}
