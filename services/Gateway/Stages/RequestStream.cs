using Grpc.Core;

namespace QwenMesh.Gateway.Stages;

/// <summary>The sending half of a call whose receiving half runs at the same time.</summary>
internal static class RequestStream
{
    /// <summary>
    /// Sends all messages and half-closes. A call that ends early stops the sending without an exception here, because the receiving half
    /// says why.
    /// </summary>
    /// <param name="stream">Takes the messages.</param>
    /// <param name="messages">Are sent in order.</param>
    /// <param name="cancellationToken">
    /// Must be cancelled when the call has failed: about one write in a thousand does not notice that its call has ended (Grpc.Net.Client 2.85),
    /// and disposing the call does not end it then.
    /// </param>
    public static async Task SendAsync<T>(IClientStreamWriter<T> stream, IAsyncEnumerable<T> messages, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in messages.WithCancellation(cancellationToken))
            {
                await stream.WriteAsync(message, cancellationToken);
            }
            await stream.CompleteAsync();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or IOException or HttpRequestException)
        {
        }
    }

    /// <summary>The same for a call with one message.</summary>
    public static Task SendAsync<T>(IClientStreamWriter<T> stream, T message, CancellationToken cancellationToken) =>
        SendAsync(stream, new[] { message }.ToAsyncEnumerable(), cancellationToken);
}
