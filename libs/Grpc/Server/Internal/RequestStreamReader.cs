using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The requests of a streaming call.</summary>
internal sealed class RequestStreamReader<TRequest>(HttpServerCallContext context, Func<DeserializationContext, TRequest> deserializer)
    : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    private TRequest? _current;
    private bool _atEnd;
    private int _reading;

    // Null before the first message and after the last, as the public API has it.
    public TRequest Current => _current!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<bool>(cancellationToken);
        }

        if (_atEnd)
        {
            return Task.FromResult(false);
        }

        if (context.IsEnded)
        {
            return Task.FromException<bool>(new InvalidOperationException("Can't read messages after the request is complete."));
        }

        return Interlocked.Exchange(ref _reading, 1) == 0
            ? ReadAsync(cancellationToken)
            : Task.FromException<bool>(new InvalidOperationException("Can't read the next message because the previous read is still in progress."));
    }

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            _current = null;
            _current = await context.ReadMessageAsync(deserializer, cancellationToken).ConfigureAwait(false);
            _atEnd = _current is null;
            return !_atEnd;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }
}
