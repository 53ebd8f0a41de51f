using Grpc.Core;
using Grpc.Net.Client.Content;

namespace Grpc.Net.Client.Calls;

/// <summary>Writes the request messages of a call, one at a time.</summary>
internal sealed class RequestStreamWriter<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, MessageStreamContent content)
    : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private const int Idle = 0;
    private const int Writing = 1;
    private const int Completed = 2;

    private readonly SegmentBuffer _buffer = new();
    private int _state;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Interlocked.CompareExchange(ref _state, Writing, Idle) switch
        {
            Writing => Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress.")),
            Completed => Task.FromException(new InvalidOperationException("Request stream has already been completed.")),
            _ => WriteMessageAsync(message, cancellationToken),
        };
    }

    public Task CompleteAsync()
    {
        switch (Interlocked.CompareExchange(ref _state, Completed, Idle))
        {
            case Writing:
                return Task.FromException(
                    new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
            case Idle:
                content.Complete();
                break;
        }

        return Task.CompletedTask;
    }

    private async Task WriteMessageAsync(TRequest message, CancellationToken cancellationToken)
    {
        try
        {
            using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((CallState)state!).Cancel(token), call);
            if (call.IsFinished)
            {
                throw call.CreateEndedException();
            }

            var options = WriteOptions;
            call.Encoder.Encode(message, _buffer, options);
            await SendAsync(options).ConfigureAwait(false);
        }
        finally
        {
            _buffer.Clear();
            Interlocked.CompareExchange(ref _state, Idle, Writing);
        }
    }

    private async Task SendAsync(WriteOptions? options)
    {
        var isSent = false;
        try
        {
            var stream = await content.OpenAsync().ConfigureAwait(false);
            await _buffer.WriteToAsync(stream, call.Aborted).ConfigureAwait(false);
            isSent = true;
            if (options is null || !options.Flags.HasFlag(WriteFlags.BufferHint))
            {
                await stream.FlushAsync(call.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // A server may answer, and end the call, before the flush returns: the message was taken, and the response says how the call ended.
            if (!isSent)
            {
                throw await call.ExplainBrokenRequestAsync(exception).ConfigureAwait(false);
            }
        }
    }
}
