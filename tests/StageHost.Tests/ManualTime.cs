namespace QwenMesh.StageHost.Tests;

/// <summary>A clock that moves when a test says so. One timer.</summary>
internal sealed class ManualTime : TimeProvider
{
    private Timer? _timer;
    private TimeSpan _now;

    /// <summary>Timers that run.</summary>
    public int Timers => _timer is null ? 0 : 1;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Null(_timer);
        return _timer = new Timer(this, () => callback(state), _now + dueTime, period);
    }

    public void Advance(TimeSpan by)
    {
        _now += by;
        while (_timer is { } timer && timer.Due <= _now)
        {
            timer.Fire();
        }
    }

    private sealed class Timer(ManualTime time, Action callback, TimeSpan due, TimeSpan period) : ITimer
    {
        public TimeSpan Due { get; private set; } = due;

        public void Fire()
        {
            Due += period;
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => time._timer = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
