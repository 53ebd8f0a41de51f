namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Tells those who wait in this process that something in the store has changed. The store raises it after its own writes, and for those of other Gateways
/// as the database tells of them. A signal may come without a change; waiters look into the store now and then by themselves too.
/// </summary>
internal sealed class JobSignals
{
    private readonly Dictionary<string, (Signal Signal, int Watchers)> _jobs = new(StringComparer.Ordinal);

    /// <summary>A job waits to be claimed.</summary>
    public Signal Queue { get; } = new();

    /// <summary>A webhook is due.</summary>
    public Signal WebhookDue { get; } = new();

    /// <summary>Some job has ended.</summary>
    public Signal Ended { get; } = new();

    /// <summary>Called when the end of a running job is asked for, with its id; must not block. For the one who runs the jobs of this process.</summary>
    public Action<string>? OnCancelAsked { get; set; }

    /// <summary>A job has a new event, another state, or is asked to end.</summary>
    public void Changed(string job)
    {
        lock (_jobs)
        {
            if (_jobs.TryGetValue(job, out var watched))
            {
                watched.Signal.Raise();
            }
        }
    }

    /// <summary>The end of a running job is asked for.</summary>
    public void CancelAsked(string job)
    {
        Changed(job);
        OnCancelAsked?.Invoke(job);
    }

    /// <summary>Everything may have changed, e.g. because the database could not be heard for a while.</summary>
    public void ChangedAll()
    {
        string[] jobs;
        lock (_jobs)
        {
            jobs = [.. _jobs.Keys];
        }
        foreach (var job in jobs)
        {
            Changed(job);
        }
        Queue.Raise();
        WebhookDue.Raise();
        Ended.Raise();
    }

    /// <summary>Begins to watch a job. Dispose of it at the end.</summary>
    public IDisposable Watch(string job, out Signal signal)
    {
        lock (_jobs)
        {
            var watched = _jobs.GetValueOrDefault(job);
            signal = watched.Signal ?? new Signal();
            _jobs[job] = (signal, watched.Watchers + 1);
        }
        return new Watching(this, job);
    }

    private void Leave(string job)
    {
        lock (_jobs)
        {
            var (signal, watchers) = _jobs[job];
            if (watchers == 1)
            {
                _jobs.Remove(job);
            }
            else
            {
                _jobs[job] = (signal, watchers - 1);
            }
        }
    }

    private sealed class Watching(JobSignals owner, string job) : IDisposable
    {
        private JobSignals? _owner = owner;

        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Leave(job);
    }
}
