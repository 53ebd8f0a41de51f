namespace Grpc.Net.Client.Content;

/// <summary>The body of a call with a stream of request messages: lends the request stream to the writer until the writer or the call is done.</summary>
internal sealed class MessageStreamContent : CallContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The request stream, once it is open; cancelled when the call ends before that.</summary>
    public Task<Stream> Opened => _opened.Task;

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
        if (!_opened.TrySetResult(stream) && !_completed.Task.IsCompleted)
        {
            // The handler repeats a request that a closing connection did not take; messages may be on the first stream already.
            throw new IOException("The connection was closed before the server took the call.");
        }

        await _completed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
