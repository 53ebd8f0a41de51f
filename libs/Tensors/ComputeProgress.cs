namespace QwenMesh.Tensors;

/// <summary>
/// Signs of life of a computation. A model gives one between its blocks, wherever it looks whether it is cancelled, so that whoever started it can tell a
/// long computation from one whose device hangs.
/// </summary>
public static class ComputeProgress
{
    // A model runs on the thread of its call, from the first block to the last.
    [ThreadStatic]
    private static Action? _watcher;

    /// <summary>Who is told of the current thread's signs; null for nobody.</summary>
    public static void Watch(Action? watcher) => _watcher = watcher;

    /// <summary>The computation gets on.</summary>
    /// <exception cref="OperationCanceledException">And is not wanted any longer.</exception>
    public static void Report(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _watcher?.Invoke();
    }
}
