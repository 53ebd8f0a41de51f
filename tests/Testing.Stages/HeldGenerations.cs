using System.Collections.Concurrent;

namespace QwenMesh.Testing.Stages;

/// <summary>Generations that stop after their first step until a test lets them go on. They are told apart by their number of steps.</summary>
public sealed class HeldGenerations
{
    private readonly ConcurrentDictionary<int, Gate> _gates = new();

    /// <summary>Holds those of so many steps from now on.</summary>
    public void Hold(int steps) => _gates[steps] = new Gate();

    /// <summary>Waits until so many more generations of so many steps have arrived.</summary>
    public Task ArrivedAsync(int steps, int count, CancellationToken cancellationToken) => _gates[steps].ArrivedAsync(count, cancellationToken);

    /// <summary>Lets those of so many steps go on, and all that come later.</summary>
    public void Release(int steps) => _gates[steps].Open.TrySetResult();

    internal async Task PassAsync(int steps, CancellationToken cancellationToken)
    {
        if (_gates.TryGetValue(steps, out var gate))
        {
            gate.Arrivals.Release();
            await gate.Open.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed class Gate
    {
        public SemaphoreSlim Arrivals { get; } = new(0);

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task ArrivedAsync(int count, CancellationToken cancellationToken)
        {
            for (var arrived = 0; arrived < count; arrived++)
            {
                await Arrivals.WaitAsync(cancellationToken);
            }
        }
    }
}
