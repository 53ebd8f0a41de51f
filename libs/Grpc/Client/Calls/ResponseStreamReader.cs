using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Reads the response messages of a call, one at a time.</summary>
internal sealed class ResponseStreamReader<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private int _reading;

    public TResponse Current { get; private set; } = null!;

    public Task<bool> MoveNext(CancellationToken cancellationToken) => Interlocked.Exchange(ref _reading, 1) == 0
        ? MoveNextAsync(cancellationToken)
        : Task.FromException<bool>(new InvalidOperationException("Can't read the next message because the previous read is still in progress."));

    private async Task<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((CallState)state!).Cancel(token), call);
            Current = null!; // The last message is not kept alive while waiting for the next.
            var message = await call.ReadNextAsync().ConfigureAwait(false);
            Current = message!;
            return message is not null;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }
}
