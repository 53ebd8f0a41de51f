using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;
using QwenMesh.StageHost;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae;

/// <summary>The checkpoint that this stage serves, from its folder to a warm decoder.</summary>
internal sealed class VaeModel(
    IOptions<ModelOptions> options, IOptions<VaeOptions> vae, TensorBackend backend, StageWeights weights, StageGate gate) : IStageModel, IDisposable
{
    public const string Component = "vae";

    private volatile LoadedVae? _loaded;

    /// <summary>What is loaded; null until the weights are mapped.</summary>
    public LoadedVae? Loaded => _loaded;

    public Task LoadAsync(CancellationToken cancellationToken)
    {
        var checkpoint = Checkpoint.Open(options.Value.Path);
        try
        {
            var json = checkpoint.ReadConfig(Component);
            var config = AutoencoderConfig.Parse(json);
            _loaded = new LoadedVae(checkpoint, json, config, new LatentDecoder(config, weights.Open(checkpoint, Component), backend, vae.Value.Tiling));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
        WarmUp(_loaded, cancellationToken);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        if (gate.WaitUntilUnused() && _loaded is { } loaded)
        {
            _loaded = null;
            loaded.Decoder.Dispose();
            loaded.Checkpoint.Dispose();
        }
    }

    /// <summary>Decodes a small grey picture: compiles the kernels and touches every weight. Its 16 cells are rows enough for products in blocks.</summary>
    private static void WarmUp(LoadedVae loaded, CancellationToken cancellationToken)
    {
        const int Side = 4;
        loaded.Decoder.Decode(new float[loaded.Config.ZDim * Side * Side], Side, Side, cancellationToken);
    }
}

/// <summary>A loaded decoder and what it was loaded from.</summary>
internal sealed record LoadedVae(Checkpoint Checkpoint, string ConfigJson, AutoencoderConfig Config, LatentDecoder Decoder);
