using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The deadline of one call: a timer, and a token that also follows the client's own cancellation.</summary>
internal sealed class CallDeadline : IDisposable
{
    // The longest that a timer waits. Calls that live longer than 49 days are not ended by their deadline.
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationTokenRegistration _aborted;
    private readonly Func<bool> _expire;
    private readonly Action<Exception> _report;
    private readonly Timer? _timer;

    /// <param name="http">The request; its abortion cancels the token.</param>
    /// <param name="timeout">Time left.</param>
    /// <param name="expire">Ends the call; false when it has ended already.</param>
    /// <param name="report">Takes what the callbacks of the token throw: on a timer's thread it would end the process.</param>
    public CallDeadline(HttpContext http, TimeSpan timeout, Func<bool> expire, Action<Exception> report)
    {
        _expire = expire;
        _report = report;
        Timeout = timeout;
        var now = DateTime.UtcNow;
        At = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);
        _aborted = http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
        if (timeout <= MaxDelay)
        {
            _timer = new Timer(static deadline => ((CallDeadline)deadline!).Expire(), this, timeout, System.Threading.Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The time that the client gave.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>The moment, in UTC.</summary>
    public DateTime At { get; }

    public CancellationToken Token => _cancellation.Token;

    public void Dispose()
    {
        _timer?.Dispose();
        _aborted.Dispose();
    }

    private void Expire()
    {
        // The status first: a handler that the token wakes must not answer in its place.
        if (!_expire())
        {
            return;
        }

        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException exception)
        {
            _report(exception);
        }
    }
}
