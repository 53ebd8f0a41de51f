using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser;

/// <summary>What jobs are run with.</summary>
internal sealed record LoadedDenoiser(ImageTransformer Transformer, SchedulerConfig Scheduler, TensorBackend Backend) : IDisposable
{
    private readonly Dictionary<string, ControlNetwork> _controls = new(StringComparer.Ordinal);

    /// <summary>Control networks by the names that calls give.</summary>
    public IReadOnlyDictionary<string, ControlNetwork> Controls => _controls;

    /// <summary>Runs a whole job on the calling thread.</summary>
    /// <param name="stepDone">Called after each step with the steps done and the packed latents [L, P], which it must not change.</param>
    /// <returns>[C, H, W]: normalised latents.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; checked between the transformer's blocks.</exception>
    /// <exception cref="CheckpointException">The checkpoint's scheduler has no schedule for this job.</exception>
    public float[] Run(DenoiseJob job, CancellationToken cancellation, Action<int, Tensor>? stepDone = null)
    {
        using var run = new DenoisingRun(this, job);
        while (!run.IsDone)
        {
            run.Step(cancellation);
            stepDone?.Invoke(run.StepsDone, run.Tokens);
        }
        return run.ReadLatents();
    }

    /// <summary>Takes a control network over.</summary>
    public void Add(string name, ControlNetwork network) => _controls.Add(name, network);

    public void Dispose()
    {
        foreach (var control in Controls.Values)
        {
            control.Dispose();
        }
        Transformer.Dispose();
    }
}
