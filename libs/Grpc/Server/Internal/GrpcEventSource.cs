using System.Diagnostics.Tracing;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Counters and events of the server, under the names that <c>dotnet-counters</c> users know.</summary>
[EventSource(Name = "Grpc.AspNetCore.Server")]
internal sealed class GrpcEventSource : EventSource
{
    public static readonly GrpcEventSource Log = new();

    private long _totalCalls;
    private long _currentCalls;
    private long _failedCalls;
    private long _deadlineExceeded;
    private long _messagesSent;
    private long _messagesReceived;
    private long _unimplemented;
    private List<PollingCounter>? _counters;

    [Event(1, Level = EventLevel.Verbose)]
    public void CallStart(string method)
    {
        Interlocked.Increment(ref _totalCalls);
        Interlocked.Increment(ref _currentCalls);
        if (IsEnabled(EventLevel.Verbose, EventKeywords.None))
        {
            WriteEvent(1, method);
        }
    }

    [Event(2, Level = EventLevel.Verbose)]
    public void CallStop()
    {
        Interlocked.Decrement(ref _currentCalls);
        if (IsEnabled(EventLevel.Verbose, EventKeywords.None))
        {
            WriteEvent(2);
        }
    }

    [NonEvent]
    public void CallFailed(StatusCode statusCode)
    {
        Interlocked.Increment(ref _failedCalls);
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            CallFailed((int)statusCode);
        }
    }

    [Event(4, Level = EventLevel.Error)]
    public void CallDeadlineExceeded()
    {
        Interlocked.Increment(ref _deadlineExceeded);
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            WriteEvent(4);
        }
    }

    [Event(5, Level = EventLevel.Verbose)]
    public void MessageSent()
    {
        Interlocked.Increment(ref _messagesSent);
        if (IsEnabled(EventLevel.Verbose, EventKeywords.None))
        {
            WriteEvent(5);
        }
    }

    [Event(6, Level = EventLevel.Verbose)]
    public void MessageReceived()
    {
        Interlocked.Increment(ref _messagesReceived);
        if (IsEnabled(EventLevel.Verbose, EventKeywords.None))
        {
            WriteEvent(6);
        }
    }

    [Event(7, Level = EventLevel.Verbose)]
    public void CallUnimplemented(string method)
    {
        Interlocked.Increment(ref _unimplemented);
        if (IsEnabled(EventLevel.Verbose, EventKeywords.None))
        {
            WriteEvent(7, method);
        }
    }

    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command != EventCommand.Enable || _counters is not null)
        {
            return;
        }

        _counters =
        [
            new PollingCounter("total-calls", this, () => Volatile.Read(ref _totalCalls)) { DisplayName = "Total Calls" },
            new PollingCounter("current-calls", this, () => Volatile.Read(ref _currentCalls)) { DisplayName = "Current Calls" },
            new PollingCounter("calls-failed", this, () => Volatile.Read(ref _failedCalls)) { DisplayName = "Total Calls Failed" },
            new PollingCounter("calls-deadline-exceeded", this, () => Volatile.Read(ref _deadlineExceeded))
            {
                DisplayName = "Total Calls Deadline Exceeded",
            },
            new PollingCounter("messages-sent", this, () => Volatile.Read(ref _messagesSent)) { DisplayName = "Total Messages Sent" },
            new PollingCounter("messages-received", this, () => Volatile.Read(ref _messagesReceived)) { DisplayName = "Total Messages Received" },
            new PollingCounter("calls-unimplemented", this, () => Volatile.Read(ref _unimplemented)) { DisplayName = "Total Calls Unimplemented" },
        ];
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var counter in _counters ?? [])
        {
            counter.Dispose();
        }

        base.Dispose(disposing);
    }

    [Event(3, Level = EventLevel.Error)]
    private void CallFailed(int statusCode) => WriteEvent(3, statusCode);
}
