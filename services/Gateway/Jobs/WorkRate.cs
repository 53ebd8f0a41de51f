namespace QwenMesh.Gateway.Jobs;

/// <summary>How fast jobs are worked off, measured at those that this Gateway has run.</summary>
internal sealed class WorkRate
{
    // Weight of the newest job in the running mean.
    private const double Weight = 0.2;

    private readonly Lock _lock = new();
    private double _unitsPerSecond;

    /// <summary>Units a second of one job, beside those that run at the same time; 0 before the first one has ended.</summary>
    public double OfOneJob
    {
        get
        {
            lock (_lock)
            {
                return _unitsPerSecond;
            }
        }
    }

    public void Add(long units, TimeSpan running)
    {
        if (running <= TimeSpan.Zero)
        {
            return;
        }
        var rate = units / running.TotalSeconds;
        lock (_lock)
        {
            _unitsPerSecond = _unitsPerSecond == 0 ? rate : _unitsPerSecond + (Weight * (rate - _unitsPerSecond));
        }
    }

    /// <summary>When so much work will be done, with so many jobs at a time; null before anything is measured.</summary>
    public TimeSpan? TimeFor(long units, int jobs) =>
        OfOneJob is > 0 and var rate ? TimeSpan.FromSeconds(Math.Min(units / (rate * Math.Max(jobs, 1)), 3600)) : null;
}
