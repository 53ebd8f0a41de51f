namespace Grpc.Net.Client.Content;

/// <summary>The body of a call with a stream of request messages: lends the request stream to the writer until the writer or the call is done.</summary>
internal sealed class MessageStreamContent : CallContent
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lending = new();
    private Stream? _stream;
    private bool _isLent;

    /// <summary>The request stream, once it is open; cancelled when the call ends before that.</summary>
    public async ValueTask<Stream> OpenAsync()
    {
        await _opened.Task.ConfigureAwait(false);
        lock (_lending)
        {
            _isLent = true;
            return _stream!;
        }
    }

    /// <summary>Ends the body.</summary>
    public void Complete() => _completed.TrySetResult();

    public override void Abandon()
    {
        _opened.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    protected override async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Headers must go out before the first message exists: the peer may be the one to speak first.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        lock (_lending)
        {
            // The handler repeats a request that the server refused, on another connection; what was written to the first one would be missing there.
            _stream = _isLent ? throw new IOException("The server refused the call after messages were sent.") : stream;
        }

        _opened.TrySetResult();

        // Not ended by the handler's token: a body that fails hides the reason for which the server reset the stream.
        await _completed.Task.ConfigureAwait(false);
    }
}
