using QwenMesh.Tensors;

namespace QwenMesh.StageHost.Calls;

/// <summary>
/// Notices a computation that does not get on: a device or a driver that hangs holds its thread for ever, and no token ends that. Health checks are
/// answered by other threads, so nobody else can tell.
/// </summary>
internal sealed class ComputeWatch : IDisposable
{
    // One timer for all of the limit would be over for a process that was paused for that long, alone or with its machine, before the computation has
    // had a moment to go on. Of these a pause takes one.
    private const int Parts = 8;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _hung = new();
    private readonly TimeSpan _part;
    private readonly Timer _timer;
    private int _partsWithoutSign;
    private bool _isRunning;

    public ComputeWatch(TimeSpan limit) => (_part, _timer) = (limit / Parts, new Timer(_ => EndPart()));

    /// <summary>Is cancelled when the computation hangs, whether its call has ended or not.</summary>
    public CancellationToken Hung => _hung.Token;

    /// <summary>Runs the computation on this thread and watches it.</summary>
    public void Run(Action compute)
    {
        ComputeProgress.Watch(() => Interlocked.Exchange(ref _partsWithoutSign, 0));
        try
        {
            Watch(true);
            compute();
        }
        finally
        {
            ComputeProgress.Watch(null);
            Watch(false);
        }
    }

    public void Dispose()
    {
        // A computation that hung may yet end, and then sets the timer.
        if (!_hung.IsCancellationRequested)
        {
            _timer.Dispose();
            _hung.Dispose();
        }
    }

    private void Watch(bool isRunning)
    {
        lock (_lock)
        {
            _isRunning = isRunning;
            _timer.Change(isRunning ? _part : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndPart()
    {
        lock (_lock)
        {
            if (!_isRunning)
            {
                return;
            }
            // The last sign came within the first of them: one more than make up the limit.
            if (Interlocked.Increment(ref _partsWithoutSign) <= Parts)
            {
                _timer.Change(_part, Timeout.InfiniteTimeSpan);
            }
            else
            {
                // In the lock, so that the computation cannot end and this be disposed meanwhile; what follows runs elsewhere.
                _ = _hung.CancelAsync();
            }
        }
    }
}
