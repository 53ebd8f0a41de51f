namespace QwenMesh.Gateway.Jobs;

/// <summary>Wakes those who wait. Take <see cref="Next"/>, look whether there is something to do, and wait for what was taken: nothing is missed.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _next = Fresh();

    /// <summary>Done when the signal is raised next.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Raise() => Interlocked.Exchange(ref _next, Fresh()).TrySetResult();

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
