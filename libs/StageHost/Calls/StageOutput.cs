using System.Threading.Channels;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.StageHost.Calls;

/// <summary>
/// The answer of one call on its way out. Computing threads post and never wait for a slow reader; frames are cut when they are sent, and wrap the
/// tensors' memory. One thread posts at a time.
/// </summary>
public sealed class StageOutput<TResponse>
    where TResponse : class
{
    private readonly Channel<object> _parts = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Func<TensorFrame, TResponse> _wrap;
    private readonly int _chunkBytes;
    private uint _tensors;

    internal StageOutput(Func<TensorFrame, TResponse> wrap, int chunkBytes) => (_wrap, _chunkBytes) = (wrap, chunkBytes);

    public void Post(TResponse message) => _parts.Writer.TryWrite(message);

    /// <summary>Posts a tensor, whose bytes must stay as they are from now on.</summary>
    public void Post(OutgoingTensor tensor) => _parts.Writer.TryWrite(tensor);

    internal void Complete() => _parts.Writer.TryComplete();

    /// <summary>Writes everything, until <see cref="Complete"/>.</summary>
    /// <param name="responses">Takes the messages.</param>
    /// <param name="patience">How long one message may wait for its reader.</param>
    /// <param name="cancellationToken">The call's.</param>
    /// <exception cref="TimeoutException">The reader took nothing for that long.</exception>
    /// <exception cref="RpcException">CANCELLED: the reader has left, which a write may notice before the call's token does.</exception>
    internal async Task WriteToAsync(IServerStreamWriter<TResponse> responses, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await foreach (var part in _parts.Reader.ReadAllAsync(cancellationToken))
        {
            foreach (var message in Messages(part))
            {
                late.CancelAfter(patience);
                try
                {
                    await responses.WriteAsync(message, late.Token);
                }
                catch (OperationCanceledException exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                {
                    throw new TimeoutException($"the caller has taken nothing for {patience.TotalSeconds} s", exception);
                }
                catch (Exception exception) when (exception is IOException or InvalidOperationException)
                {
                    // Kestrel's for a connection, and gRPC's for a call, that has ended.
                    throw new RpcException(new Status(StatusCode.Cancelled, "the caller went away", exception));
                }
            }
            late.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private IEnumerable<TResponse> Messages(object part) =>
        part is OutgoingTensor tensor ? TensorFrames.Split(tensor, _tensors++, _chunkBytes).Select(_wrap) : [(TResponse)part];
}
