using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests;

/// <summary>A checkpoint's transformer on the engine under test.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Checkpoint _checkpoint;

    /// <param name="folder">The checkpoint.</param>
    /// <param name="backend">The engine, which is taken over; null for the one under test.</param>
    public LoadedModel(string folder, TensorBackend? backend = null)
    {
        Backend = backend ?? TestEngine.Open();
        _checkpoint = Checkpoint.Open(folder);
        Scheduler = SchedulerConfig.Parse(_checkpoint.ReadConfig("scheduler"));
        Transformer = new(TransformerConfig.Parse(_checkpoint.ReadConfig("transformer")), _checkpoint.OpenWeights("transformer"), Backend);
    }

    public TensorBackend Backend { get; }

    public SchedulerConfig Scheduler { get; }

    public ImageTransformer Transformer { get; }

    public LoadedDenoiser Loaded => new(Transformer, Scheduler, Backend);

    /// <summary>Runs a whole job.</summary>
    public float[] Run(DenoiseJob job, Action<int, Tensor>? stepDone = null) => Loaded.Run(job, TestContext.Current.CancellationToken, stepDone);

    public void Dispose()
    {
        Transformer.Dispose();
        Backend.Dispose();
        _checkpoint.Dispose();
    }
}
