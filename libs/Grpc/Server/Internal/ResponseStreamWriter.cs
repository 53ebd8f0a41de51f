using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The responses of a streaming call. One write at a time; it is complete when the transport has taken the message.</summary>
internal sealed class ResponseStreamWriter<TResponse>(HttpServerCallContext context, Action<TResponse, SerializationContext> serializer)
    : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private Task? _pending;

    public WriteOptions? WriteOptions
    {
        get => context.WriteOptions;
        set => context.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        if (message is null)
        {
            return Task.FromException(new ArgumentNullException(nameof(message)));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        // A client that has gone would let a handler that does not look at the token write into nothing for ever.
        if (context.IsEnded || context.CancellationToken.IsCancellationRequested)
        {
            return Task.FromException(new InvalidOperationException("Can't write the message because the request is complete."));
        }

        if (_pending is { IsCompleted: false })
        {
            return Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress."));
        }

        var flush = ((context.WriteOptions?.Flags ?? 0) & WriteFlags.BufferHint) == 0;
        return _pending = context.WriteMessageAsync(message, serializer, flush, cancellationToken);
    }
}
