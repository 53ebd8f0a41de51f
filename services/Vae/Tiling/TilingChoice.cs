using QwenMesh.Tensors;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Tiling;

/// <summary>Whether a picture is taken in tiles. Encoder and decoder have the same finest level, so they need the same memory.</summary>
internal sealed class TilingChoice(AutoencoderConfig config, TensorBackend backend, TilingMode mode)
{
    // The finest level keeps three tensors of base_dim channels alive.
    private const int LiveTensorsAPixel = 3;

    public TileLayout Layout { get; } = TileLayout.For(config);

    /// <param name="height">Latent rows.</param>
    /// <param name="width">Latent columns.</param>
    public bool IsTiled(int height, int width) => Layout.Splits(height, width) && mode switch
    {
        TilingMode.Always => true,
        TilingMode.Auto => backend.Memory is { Limit: { } limit, InUse: var used } && limit - used < ActivationBytes(height, width),
        _ => false,
    };

    /// <summary>Memory of a picture that is run in one piece.</summary>
    public long ActivationBytes(int height, int width)
    {
        var pixels = (long)height * width * config.ScaleFactor * config.ScaleFactor;
        return pixels * config.BaseDim * LiveTensorsAPixel * backend.ComputeType.Size();
    }
}
