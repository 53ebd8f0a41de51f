using QwenMesh.Tensors;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Pixels;

/// <summary>
/// Mean and deviation of each latent channel. The Denoiser speaks normalised latents; the autoencoder wants its own scale
/// (model-spec 6.6).
/// </summary>
internal sealed class LatentStatistics(AutoencoderConfig config, TensorBackend backend) : IDisposable
{
    private readonly Tensor _mean = backend.From(config.LatentsMean, [config.ZDim]);
    private readonly Tensor _std = backend.From(config.LatentsStd, [config.ZDim]);

    /// <summary>Normalised latents [C, h, w] to z [h, w, C].</summary>
    public void Denormalize(Tensor latents, Tensor into) => backend.ChannelsLast(latents, _std, _mean, into);

    public void Dispose()
    {
        _mean.Dispose();
        _std.Dispose();
    }
}
