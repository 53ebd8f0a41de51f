using System.Runtime.CompilerServices;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Generation;

/// <summary>
/// The frames that one stage has sent, in order, for the next stage to read as they arrive. They are kept until the generation ends, so
/// that a call to a lost replica can be repeated without repeating the stages before it. One writer; any number of readers, each from the start.
/// </summary>
internal sealed class FrameLog(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly List<TensorFrame> _frames = [];
    private TaskCompletionSource _changed = Signal();
    private Exception? _error;
    private long _bytes;

    public bool IsComplete { get; private set; }

    /// <exception cref="InvalidDataException">The stage sends more than is relayed.</exception>
    public void Append(TensorFrame frame)
    {
        _bytes += frame.CalculateSize();
        if (_bytes > maxBytes)
        {
            throw new InvalidDataException($"more than {maxBytes} bytes of tensor frames");
        }
        Change(() => _frames.Add(frame));
    }

    public void Complete() => Change(() => IsComplete = true);

    /// <summary>Readers get the frames so far, and then the error.</summary>
    public void Fail(Exception error) => Change(() => _error ??= error);

    /// <summary>Ends when there is a frame to read, or when there will be none.</summary>
    public async Task FirstFrameAsync(CancellationToken cancellationToken)
    {
        while (Next(0, out _, out var changed) is Step.Wait)
        {
            await changed.WaitAsync(cancellationToken);
        }
    }

    public async IAsyncEnumerable<TensorFrame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var position = 0; ;)
        {
            switch (Next(position, out var frame, out var changed))
            {
                case Step.Frame:
                    position++;
                    yield return frame!;
                    break;
                case Step.Wait:
                    await changed.WaitAsync(cancellationToken);
                    break;
                default:
                    yield break;
            }
        }
    }

    private Step Next(int position, out TensorFrame? frame, out Task changed)
    {
        lock (_lock)
        {
            (frame, changed) = (null, _changed.Task);
            if (position < _frames.Count)
            {
                frame = _frames[position];
                return Step.Frame;
            }
            if (_error is not null)
            {
                throw _error;
            }
            return IsComplete ? Step.End : Step.Wait;
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = Signal();
        }
        changed.SetResult();
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private enum Step
    {
        Frame,
        Wait,
        End,
    }
}
