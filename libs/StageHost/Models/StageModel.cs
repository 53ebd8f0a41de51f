using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Tensors;
using DType = QwenMesh.Tensors.DType;

namespace QwenMesh.StageHost;

/// <summary>What every stage's model is given.</summary>
public sealed record StageModelContext(StageIdentity Stage, IOptions<ModelOptions> Options, TensorBackend Backend, StageWeights Weights, StageGate Gate);

/// <summary>The owner of one component's weights, from the checkpoint's folder to a warm model and its end.</summary>
/// <typeparam name="TLoaded">What a call computes with.</typeparam>
public abstract class StageModel<TLoaded>(StageModelContext context) : IStageModel, IDisposable
    where TLoaded : class, IDisposable
{
    private Checkpoint? _checkpoint;
    private volatile TLoaded? _loaded;
    private volatile ModelInfo? _info;

    /// <inheritdoc/>
    public ModelInfo? Info => _info;

    /// <summary>What was loaded; null until the weights are mapped.</summary>
    public TLoaded? Loaded => _loaded;

    protected TensorBackend Backend => context.Backend;

    /// <summary>"text_encoder", "transformer" or "vae".</summary>
    protected abstract string Component { get; }

    /// <summary>Folders beside the component's own that decide its results, e.g. "tokenizer".</summary>
    protected abstract IReadOnlyList<string> AlsoDecides { get; }

    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE: the weights are not mapped yet.</exception>
    public TLoaded Demand() =>
        _loaded ?? throw StageFaults.NotReady(context.Stage.Name, $"the {context.Stage.Name} is not ready: its weights are not mapped yet");

    public Task LoadAsync(CancellationToken cancellationToken)
    {
        _checkpoint = Checkpoint.Open(context.Options.Value.Path);
        var loaded = Load(_checkpoint, component => context.Weights.Open(_checkpoint, component, cancellationToken), cancellationToken);
        _loaded = loaded;
        var info = new ModelInfo
        {
            ModelId = _checkpoint.ModelId,
            PipelineClass = _checkpoint.PipelineClass,
            Component = Component,
            ComponentConfig = _checkpoint.ReadConfig(Component),
            Fingerprint = _checkpoint.Fingerprint(Component, [.. AlsoDecides]),
            ComputeDtype = context.Backend.ComputeType switch
            {
                DType.Float16 => DataType.Float16,
                DType.BFloat16 => DataType.Bfloat16,
                _ => DataType.Float32,
            },
            WireDtypes = { DataType.Float32 },
            Device = context.Backend.Device,
        };
        Describe(loaded, info);
        _info = info;
        WarmUp(loaded, cancellationToken);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the component's weights; a checkpoint that is refused should be refused before they are read.</summary>
    /// <param name="checkpoint">Lives as long as the model.</param>
    /// <param name="open">Opens a component's weights, after a check that they fit.</param>
    /// <param name="cancellation">The host stops.</param>
    /// <exception cref="CheckpointException">The checkpoint is malformed or of a kind that the stage does not have.</exception>
    protected abstract TLoaded Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation);

    /// <summary>Adds features and the stage's details.</summary>
    protected abstract void Describe(TLoaded loaded, ModelInfo info);

    /// <summary>Runs every operation once, on rows enough for products in blocks, and checks that the results are numbers.</summary>
    protected abstract void WarmUp(TLoaded loaded, CancellationToken cancellation);

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
        {
            return;
        }
        if (!context.Gate.WaitUntilUnused())
        {
            // A thread still computes with it: memory and engine are left to the end of the process.
            Backend.Leave();
            return;
        }
        _loaded?.Dispose();
        _checkpoint?.Dispose();
    }
}
