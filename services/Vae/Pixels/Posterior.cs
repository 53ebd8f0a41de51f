using System.Runtime.InteropServices;

namespace QwenMesh.Vae.Pixels;

/// <summary>
/// The Gaussian that a picture's latents come from, after normalisation: [2·channels, height, width], mean and then log-variance. Its mode is the mean,
/// a sample mean + exp(logvar/2)·noise (docs/model.md 6.5, 6.6).
/// </summary>
/// <param name="Channels">Of the latents.</param>
/// <param name="Height">Latent rows.</param>
/// <param name="Width">Latent columns.</param>
/// <param name="Bytes">The elements as FLOAT32, as they are sent.</param>
internal sealed record Posterior(int Channels, int Height, int Width, byte[] Bytes)
{
    public Posterior(int channels, int height, int width)
        : this(channels, height, width, new byte[checked(2 * channels * height * width * sizeof(float))])
    {
    }

    /// <summary>[channels, height, width].</summary>
    public Span<float> Mean => Values[..(Values.Length / 2)];

    /// <summary>[channels, height, width].</summary>
    public Span<float> LogVariance => Values[(Values.Length / 2)..];

    private Span<float> Values => MemoryMarshal.Cast<byte, float>(Bytes.AsSpan());
}
