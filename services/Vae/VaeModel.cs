using Microsoft.Extensions.Options;
using QwenMesh.Checkpoints;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae;

/// <summary>The checkpoint that this stage serves, from its folder to a warm autoencoder.</summary>
internal sealed class VaeModel(StageModelContext context, IOptions<VaeOptions> options) : StageModel<LoadedVae>(context)
{
    /// <summary>What a call may require.</summary>
    public static readonly IReadOnlyList<string> Features = [StageFeatures.VaeEncode, StageFeatures.FloatOutput];

    protected override string Component => "vae";

    protected override IReadOnlyList<string> AlsoDecides => [];

    protected override LoadedVae Load(Checkpoint checkpoint, Func<string, Weights> open, CancellationToken cancellation)
    {
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig(Component));
        var autoencoder = new AutoencoderKLQwenImage(config, open(Component), Backend);
        var tiling = options.Value.Tiling;
        return new LoadedVae(autoencoder, new PictureEncoder(autoencoder, Backend, tiling), new LatentDecoder(autoencoder, Backend, tiling));
    }

    protected override void Describe(LoadedVae loaded, ModelInfo info)
    {
        info.Features.Add(Features);
        info.Vae = new VaeInfo
        {
            ScaleFactor = loaded.Config.ScaleFactor,
            LatentChannels = loaded.Config.ZDim,
            MaxPixels = options.Value.MaxPixels,
        };
    }

    /// <summary>
    /// Decodes small latents and encodes the picture: compiles the kernels and touches every weight. Its 16 cells are rows enough for products in blocks.
    /// </summary>
    protected override void WarmUp(LoadedVae loaded, CancellationToken cancellation)
    {
        const int Side = 4;
        var picture = loaded.Decoder.Decode(new Latents(new float[loaded.Config.ZDim * Side * Side], Side, Side), cancellation);
        loaded.Encoder.Encode(picture, cancellation);
    }
}

/// <summary>A loaded autoencoder and what runs it.</summary>
internal sealed record LoadedVae(AutoencoderKLQwenImage Autoencoder, PictureEncoder Encoder, LatentDecoder Decoder) : IDisposable
{
    public AutoencoderConfig Config => Autoencoder.Config;

    public void Dispose()
    {
        Decoder.Dispose();
        Autoencoder.Dispose();
    }
}
