namespace QwenMesh.Denoiser.Sampling;

/// <summary>A picture as the VAE encodes it: for every latent the mean and log-variance of a normal distribution, normalised, [C, H, W] each.</summary>
internal sealed record Posterior(float[] Mean, float[] LogVariance)
{
    /// <summary>mean + exp(logvar / 2)·noise, with the generator's next draws.</summary>
    public float[] Sample(TorchGenerator generator)
    {
        var latents = new float[Mean.Length];
        generator.FillNormal(latents);
        for (var i = 0; i < latents.Length; i++)
        {
            latents[i] = Mean[i] + (MathF.Exp(0.5f * LogVariance[i]) * latents[i]);
        }
        return latents;
    }
}
