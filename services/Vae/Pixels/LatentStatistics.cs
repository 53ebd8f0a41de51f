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
    private const float LeastLogVariance = -30;
    private const float MostLogVariance = 20;

    private readonly Tensor _mean = Load("latents_mean", config.LatentsMean, backend);
    private readonly Tensor _std = Load("latents_std", config.LatentsStd, backend);

    /// <summary>Normalised latents [C, h, w] to z [h, w, C].</summary>
    public void Denormalize(Tensor latents, Tensor into) => backend.ChannelsLast(latents, _std, _mean, into);

    /// <summary>
    /// The autoencoder's moments [h, w, 2C] to the posterior of the normalised latents: a draw from it is the normalised draw from theirs. The reference
    /// clamps the log-variance, draws, and normalises then.
    /// </summary>
    public static Posterior Normalize(ReadOnlySpan<float> moments, AutoencoderConfig config, int height, int width)
    {
        var (cells, channels) = (height * width, config.ZDim);
        var posterior = new Posterior(channels, height, width);
        var mean = posterior.Mean;
        var logVariance = posterior.LogVariance;
        for (var c = 0; c < channels; c++)
        {
            var (shift, scale) = (config.LatentsMean[c], config.LatentsStd[c]);
            var narrower = (float)(2 * Math.Log(scale));
            for (var cell = 0; cell < cells; cell++)
            {
                var at = (cell * 2 * channels) + c;
                mean[(c * cells) + cell] = (moments[at] - shift) / scale;
                logVariance[(c * cells) + cell] = Math.Clamp(moments[at + channels], LeastLogVariance, MostLogVariance) - narrower;
            }
        }
        return posterior;
    }

    public void Dispose()
    {
        _mean.Dispose();
        _std.Dispose();
    }

    // Loaded as weights are, so that they are not counted as live tensors.
    private static Tensor Load(string name, float[] values, TensorBackend backend) =>
        backend.LoadVector(new HostTensor(name, DType.Float32, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
}
