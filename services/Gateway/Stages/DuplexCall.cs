using Grpc.Core;

namespace QwenMesh.Gateway.Stages;

/// <summary>Both halves of a streaming call at once.</summary>
internal static class DuplexCall
{
    /// <summary>
    /// Sends all messages and half-closes, while the answer is received. A source that fails ends the call, and its failure is what is thrown; when the
    /// call ends early the receiving half says why.
    /// </summary>
    /// <param name="call">Is disposed at the end.</param>
    /// <param name="messages">Are sent in order.</param>
    /// <param name="receiveAsync">Receives the whole answer.</param>
    /// <param name="cancellationToken">
    /// The call's own. About one write in a thousand does not notice that its call has ended (Grpc.Net.Client 2.85), and disposing the call does not end it
    /// then: the writes have a token that is cancelled when the receiving half has ended.
    /// </param>
    public static async Task<T> RunAsync<TRequest, TResponse, T>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, IAsyncEnumerable<TRequest> messages, Func<IAsyncStreamReader<TResponse>, CancellationToken, Task<T>> receiveAsync,
        CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var sourceFailed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using (call)
        {
            var sending = SendAsync(call.RequestStream, messages, sourceFailed, ended.Token);
            try
            {
                return await receiveAsync(call.ResponseStream, sourceFailed.Token);
            }
            catch (Exception) when (sourceFailed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                await sending; // Throws why.
                throw;
            }
            finally
            {
                await ended.CancelAsync();
                await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task SendAsync<T>(
        IClientStreamWriter<T> stream, IAsyncEnumerable<T> messages, CancellationTokenSource sourceFailed, CancellationToken cancellationToken)
    {
        var source = messages.GetAsyncEnumerator(cancellationToken);
        await using (source.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await source.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    await sourceFailed.CancelAsync();
                    throw;
                }
                try
                {
                    await stream.WriteAsync(source.Current, cancellationToken);
                }
                catch (Exception exception) when (exception is RpcException or InvalidOperationException or IOException or HttpRequestException or OperationCanceledException)
                {
                    return;
                }
            }
            try
            {
                await stream.CompleteAsync();
            }
            catch (Exception exception) when (exception is RpcException or InvalidOperationException or IOException or HttpRequestException)
            {
            }
        }
    }
}
