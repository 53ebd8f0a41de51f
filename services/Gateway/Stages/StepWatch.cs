namespace QwenMesh.Gateway.Stages;

/// <summary>A stage answers its health checks and does not get on with a call.</summary>
internal sealed class StageStalledException(string message) : Exception(message);

/// <summary>
/// Notices a Denoiser that does not get on: no message for a multiple of the call's median step, and at least for the floor. The first step is not
/// bounded, since the call may wait for others and nothing is known about its steps yet.
/// </summary>
internal sealed class StepWatch(TimeSpan floor, double factor, TimeProvider time, CancellationToken cancellationToken) : IDisposable
{
    // Of any timer.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly List<TimeSpan> _steps = [];
    private long _last;

    /// <summary>Is cancelled when the call is stalled, and with the call's own.</summary>
    public CancellationToken Token => _source.Token;

    public bool IsStalled => _source.IsCancellationRequested && !cancellationToken.IsCancellationRequested;

    /// <summary>Longest silence that is allowed now; infinite before the first step, and when it would be longer than any timer.</summary>
    public TimeSpan Limit { get; private set; } = Timeout.InfiniteTimeSpan;

    public void Started() => _last = time.GetTimestamp();

    public void Step()
    {
        var step = time.GetElapsedTime(_last);
        _last = time.GetTimestamp();
        var at = _steps.BinarySearch(step);
        _steps.Insert(at < 0 ? ~at : at, step);
        var seconds = _steps[_steps.Count / 2].TotalSeconds * factor;
        Limit = seconds > Longest.TotalSeconds ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(Math.Max(seconds, floor.TotalSeconds));
        Progressed();
    }

    /// <summary>Any other message has arrived.</summary>
    public void Progressed() => _source.CancelAfter(Limit);

    public void Dispose() => _source.Dispose();
}
