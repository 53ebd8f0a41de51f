using System.Runtime.InteropServices;
using QwenMesh.Tensors;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Pixels;

/// <summary>
/// Mean and deviation of each latent channel. Latents between the stages are normalised; the autoencoder works on their own scale
/// (docs/model.md 6.6).
/// </summary>
internal sealed class LatentStatistics(AutoencoderConfig config, TensorBackend backend) : IDisposable
{
    private readonly Tensor _mean = Load("latents_mean", config.LatentsMean, backend);
    private readonly Tensor _std = Load("latents_std", config.LatentsStd, backend);

    /// <summary>Normalised latents [C, h, w] to z [h, w, C].</summary>
    public void Denormalize(Tensor latents, Tensor into) => backend.ChannelsLast(latents, _std, _mean, into);

    public void Dispose()
    {
        _mean.Dispose();
        _std.Dispose();
    }

    // Loaded as weights are, so that they are not counted as live tensors.
    private static Tensor Load(string name, float[] values, TensorBackend backend) =>
        backend.LoadVector(new HostTensor(name, DType.Float32, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
}
