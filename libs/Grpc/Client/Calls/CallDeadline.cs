using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Runs an action once a call's deadline has passed. Null deadlines and <see cref="DateTime.MaxValue"/> never pass.</summary>
internal sealed class CallDeadline : IDisposable
{
    // Longer waits than a timer takes are waited for in parts.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    private readonly DateTime _deadline;
    private readonly Action _expired;
    private readonly Timer? _timer;

    public CallDeadline(DateTime? deadline, Action expired)
    {
        _deadline = deadline ?? DateTime.MaxValue;
        if (_deadline != DateTime.MaxValue && _deadline != DateTime.MinValue && _deadline.Kind != DateTimeKind.Utc)
        {
            throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }

        _expired = expired;
        if (IsSet)
        {
            _timer = new Timer(static state => ((CallDeadline)state!).Elapsed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public bool IsSet => _deadline != DateTime.MaxValue;

    public TimeSpan Remaining => _deadline == DateTime.MinValue ? TimeSpan.Zero : _deadline - TimeProvider.System.GetUtcNow().UtcDateTime;

    public bool HasPassed => IsSet && Remaining <= TimeSpan.Zero;

    public void Start() => Elapsed();

    public void Dispose() => _timer?.Dispose();

    private void Elapsed()
    {
        if (!IsSet)
        {
            return;
        }

        var remaining = Remaining;
        if (remaining <= TimeSpan.Zero)
        {
            _expired();
            return;
        }

        // A timer may fire early; it is set again for what is left, rounded up so that it does not spin.
        var wait = remaining < LongestWait ? TimeSpan.FromMilliseconds(Math.Ceiling(remaining.TotalMilliseconds)) : LongestWait;
        try
        {
            _timer!.Change(wait, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The call ended meanwhile.
        }
    }
}
