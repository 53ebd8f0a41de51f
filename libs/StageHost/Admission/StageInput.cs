using Google.Protobuf;
using Grpc.Core;
using QwenMesh.Protocol;

namespace QwenMesh.StageHost;

/// <summary>
/// A call that sends its input. It is counted apart from the queue, so that callers who begin and do not go on keep nobody out, and each of its messages
/// must come in time. Disposing it ends the sending, admitted or not.
/// </summary>
public sealed class StageInput : IDisposable
{
    private readonly string _address;
    private readonly StageIdentity _stage;
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _late = new();
    private StageGate? _gate;

    internal StageInput(StageGate gate, string address, StageIdentity stage, TimeSpan timeout) =>
        (_gate, _address, _stage, _timeout) = (gate, address, stage, timeout);

    /// <summary>The call's messages, one reader a call. A message, or the end, that does not come in time ends the call with DEADLINE_EXCEEDED.</summary>
    public IAsyncStreamReader<T> Read<T>(IAsyncStreamReader<T> requests) => new TimedReader<T>(this, requests);

    /// <summary>Takes a place in the queue for the input, which is complete and checked. Dispose the place when the call ends.</summary>
    /// <exception cref="RpcException">UNAVAILABLE when not ready, RESOURCE_EXHAUSTED when there are too many.</exception>
    public StagePlace Admit()
    {
        ObjectDisposedException.ThrowIf(_gate is null, this);
        var place = _gate.Admit();
        Dispose();
        return place;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _gate, null) is { } gate)
        {
            gate.Received(_address);
            _late.Dispose();
        }
    }

    private sealed class TimedReader<T>(StageInput input, IAsyncStreamReader<T> requests) : IAsyncStreamReader<T>
    {
        public T Current => requests.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            // One source for all messages: a tensor has hundreds.
            var late = input._late;
            late.CancelAfter(input._timeout);
            try
            {
                using var caller = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), late);
                var moved = await requests.MoveNext(late.Token);
                late.CancelAfter(Timeout.InfiniteTimeSpan);
                return moved;
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw StageFaults.InputTimeout(
                    input._stage.Name, $"the {input._stage.Name} waited {input._timeout.TotalSeconds} s for the next message of an input that is not complete");
            }
            catch (InvalidProtocolBufferException exception)
            {
                // An IOException, too, and not the caller's departure.
                throw StageFaults.Of(input._stage.Name, StatusCode.InvalidArgument, exception.Message);
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                // A reset stream fails reads before the call's token is cancelled.
                throw new RpcException(new Status(StatusCode.Cancelled, "the caller went away", exception));
            }
            catch (RpcException exception) when (StageFaults.Read(exception) is null && exception.StatusCode != StatusCode.Cancelled)
            {
                // gRPC itself refused the message: it cannot be decoded, or is too large.
                throw StageFaults.Of(input._stage.Name, exception.StatusCode, exception.Status.Detail);
            }
        }
    }
}
