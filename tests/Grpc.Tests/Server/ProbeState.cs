namespace QwenMesh.Grpc.Tests.Server;

/// <summary>What a test knows about the handlers of its server, and how it lets hanging ones go.</summary>
internal sealed class ProbeState
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _written;

    /// <summary>Complete when a handler that waits has been entered.</summary>
    public Task WhenEntered => _entered.Task;

    /// <summary>Complete when a waiting handler has been woken by an exception.</summary>
    public Task<Exception> WhenLeft => _left.Task;

    public Task Released => _released.Task;

    public int Written => Volatile.Read(ref _written);

    public void Entered() => _entered.TrySetResult();

    public void Left(Exception exception) => _left.TrySetResult(exception);

    public void Wrote() => Interlocked.Increment(ref _written);

    public void Release() => _released.TrySetResult();
}
