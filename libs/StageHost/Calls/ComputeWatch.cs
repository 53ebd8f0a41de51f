using QwenMesh.Tensors;

namespace QwenMesh.StageHost.Calls;

/// <summary>
/// Notices a computation that does not get on: a device or a driver that hangs holds its thread for ever, and no token ends that. Health checks are
/// answered by other threads, so nobody else can tell.
/// </summary>
internal sealed class ComputeWatch(TimeSpan limit) : IDisposable
{
    private readonly CancellationTokenSource _hung = new();

    /// <summary>Is cancelled when the computation hangs, whether its call has ended or not.</summary>
    public CancellationToken Hung => _hung.Token;

    /// <summary>Runs the computation on this thread and watches it.</summary>
    public void Run(Action compute)
    {
        ComputeProgress.Watch(Progressed);
        try
        {
            Progressed();
            compute();
        }
        finally
        {
            ComputeProgress.Watch(null);
            _hung.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        // A computation that hung may yet go on, and report.
        if (!_hung.IsCancellationRequested)
        {
            _hung.Dispose();
        }
    }

    private void Progressed() => _hung.CancelAfter(limit);
}
