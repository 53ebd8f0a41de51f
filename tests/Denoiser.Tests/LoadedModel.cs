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

    public LoadedModel(string folder)
    {
        _checkpoint = Checkpoint.Open(folder);
        Scheduler = SchedulerConfig.Parse(_checkpoint.ReadConfig("scheduler"));
        Transformer = new(TransformerConfig.Parse(_checkpoint.ReadConfig("transformer")), _checkpoint.OpenWeights("transformer"), Backend);
    }

    public TensorBackend Backend { get; } = TestEngine.Open();

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
