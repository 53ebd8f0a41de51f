using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Tensors;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae;

/// <summary>The checkpoint's autoencoder, once it is loaded.</summary>
internal sealed class VaeModel(StageModelContext context, IOptions<VaeOptions> options) : StageModel<LoadedVae>(context)
{
    /// <summary>What the stage knows.</summary>
    public static readonly IReadOnlyList<string> Features = [StageFeatures.FloatOutput];

    protected override string Component => "vae";

    protected override IReadOnlyList<string> AlsoDecides => [];

    protected override LoadedVae Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation)
    {
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig(Component));
        return new LoadedVae(config, new LatentDecoder(config, open(Component), Backend, options.Value.Tiling));
    }

    protected override void Describe(LoadedVae loaded, ModelInfo info)
    {
        info.Features.Add(Features);
        info.Vae = new VaeInfo { ScaleFactor = loaded.Config.ScaleFactor, LatentChannels = loaded.Config.ZDim, MaxPixels = options.Value.MaxPixels };
    }

    // 16 cells are rows enough for products in blocks.
    protected override void WarmUp(LoadedVae loaded, CancellationToken cancellation)
    {
        const int Side = 4;
        loaded.Decoder.Decode(new float[loaded.Config.ZDim * Side * Side], Side, Side, cancellation);
    }
}

/// <summary>What pictures are decoded with.</summary>
internal sealed record LoadedVae(AutoencoderConfig Config, LatentDecoder Decoder) : IDisposable
{
    public void Dispose() => Decoder.Dispose();
}
