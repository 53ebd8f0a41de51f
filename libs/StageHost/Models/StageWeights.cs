using System.Diagnostics;
using Microsoft.Extensions.Logging;
using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>A component's weights on their way into the engine: whether they fit is said first, how far they are is logged.</summary>
public sealed partial class StageWeights(TensorBackend engine, ILogger<StageWeights> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <param name="checkpoint">Where they lie.</param>
    /// <param name="component">"text_encoder", "transformer" or "vae".</param>
    /// <param name="cancellation">Looked at whenever a tensor is taken: all of them may take minutes.</param>
    /// <exception cref="OutOfDeviceMemoryException">They do not fit.</exception>
    /// <exception cref="CheckpointException">No weights, or a malformed file.</exception>
    public Weights Open(Checkpoint checkpoint, string component, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var weights = checkpoint.OpenWeights(component, new Log(component, logger, cancellation));
        engine.EnsureRoom(weights.Elements, $"{checkpoint.ModelId}'s {component}");
        return weights;
    }

    [LoggerMessage(5, LogLevel.Information, "Loading {Component}: {TakenMiB} of {TotalMiB} MiB")]
    private static partial void LogProgress(ILogger logger, string component, long takenMiB, long totalMiB);

    // Reports on the loading thread, not through a synchronisation context as Progress does.
    private sealed class Log(string component, ILogger logger, CancellationToken cancellation) : IProgress<LoadProgress>
    {
        private long _last = Stopwatch.GetTimestamp();

        public void Report(LoadProgress value)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Stopwatch.GetElapsedTime(_last) >= Interval)
            {
                _last = Stopwatch.GetTimestamp();
                LogProgress(logger, component, value.Taken >> 20, value.Total >> 20);
            }
        }
    }
}
