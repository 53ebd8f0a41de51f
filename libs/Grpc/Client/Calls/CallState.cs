using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// The life of one call, whatever its messages are: it runs until the first of status, deadline, cancellation and failure, and that one alone decides
/// how it ended.
/// </summary>
internal abstract class CallState : IActiveCall
{
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<Status> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _ending = new();
    private readonly ParentCallContext? _parent;
    private CancellationTokenRegistration _cancellation;
    private CancellationTokenRegistration _parentCancellation;
    private CancellationToken _cancelledBy;
    private Metadata? _trailers;
    private bool _isFinished;

    protected CallState(ChannelConnection connection, IMethod method, in CallOptions options)
    {
        Connection = connection;
        Method = method;
        Options = options;
        _parent = options.PropagationToken as ParentCallContext;
        Deadline = new CallDeadline(Earlier(options.Deadline, _parent?.Deadline), () => Finish(new Status(StatusCode.DeadlineExceeded, string.Empty)));
        Aborted = _abort.Token;
    }

    public ChannelConnection Connection { get; }

    public IMethod Method { get; }

    public CallOptions Options { get; }

    /// <summary>Cancelled when the call ends other than by the server's status, or before all was sent.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>Completes with the status. Never fails.</summary>
    public Task<Status> Finished => _finished.Task;

    public bool IsFinished => Volatile.Read(ref _isFinished);

    public Task<Metadata> ResponseHeadersAsync => _headers.Task;

    protected CallDeadline Deadline { get; }

    public Status GetStatus() => Finished.IsCompleted
        ? Finished.Result
        : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => Finished.IsCompleted
        ? _trailers ?? []
        : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    public void Dispose() => Finish(new Status(StatusCode.Cancelled, "gRPC call disposed."));

    /// <summary>Ends the call because a token was cancelled.</summary>
    public void Cancel(CancellationToken token)
    {
        lock (_ending)
        {
            if (!_isFinished)
            {
                _cancelledBy = token;
            }
        }

        Finish(new Status(StatusCode.Cancelled, "Call canceled by the client."));
    }

    /// <summary>Ends the call if nothing has ended it yet.</summary>
    public bool Finish(Status status, Metadata? trailers = null)
    {
        lock (_ending)
        {
            if (_isFinished)
            {
                return false;
            }

            _trailers = trailers;
            _isFinished = true;
            _finished.SetResult(status);
        }

        Deadline.Dispose();
        _cancellation.Unregister();
        _parentCancellation.Unregister();
        Connection.Unregister(this);
        if (!_headers.Task.IsCompleted && _headers.TrySetException(CreateException()))
        {
            _ = _headers.Task.Exception; // Nobody has to ask for headers.
        }

        if (trailers is null || !IsRequestSent)
        {
            _abort.Cancel();
        }

        OnFinished(status);
        return true;
    }

    /// <summary>Ends the call with the status that an exception stands for.</summary>
    public void Fail(Exception exception)
    {
        if (!IsFinished)
        {
            // A server that sees the deadline first may reset the stream: the deadline is what happened.
            Finish(Deadline.HasPassed ? new Status(StatusCode.DeadlineExceeded, string.Empty, exception) : StatusMapping.FromException(exception));
        }
    }

    /// <summary>The exception that a finished call throws.</summary>
    public Exception CreateException()
    {
        var status = Finished.Result;
        var exception = new RpcException(status, _trailers ?? Metadata.Empty);
        var byClient = _trailers is null && (status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded);
        return Connection.ThrowOperationCanceled && byClient
            ? new OperationCanceledException(status.Detail, exception, _cancelledBy)
            : exception;
    }

    protected abstract bool IsRequestSent { get; }

    protected abstract void OnFinished(Status status);

    protected void SetHeaders(Metadata headers) => _headers.TrySetResult(headers);

    /// <summary>From here on the deadline, the caller's tokens and the channel can end the call.</summary>
    protected void Begin()
    {
        Connection.Register(this);
        Deadline.Start();
        var registration = CancelWith(Options.CancellationToken);
        var parentRegistration = CancelWith(_parent?.CancellationToken ?? CancellationToken.None);
        lock (_ending)
        {
            _cancellation = registration;
            _parentCancellation = parentRegistration;
        }

        if (IsFinished)
        {
            registration.Unregister();
            parentRegistration.Unregister();
        }
    }

    private CancellationTokenRegistration CancelWith(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static (state, token) => ((CallState)state!).Cancel(token), this);

    private static DateTime? Earlier(DateTime? one, DateTime? other) => one is null || other < one ? other : one;
}
