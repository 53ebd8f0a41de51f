using QwenMesh.Denoiser.Latents;

namespace QwenMesh.Denoiser.Sampling;

/// <summary>The latents that denoising starts from.</summary>
internal static class InitialNoise
{
    /// <summary>
    /// Draws [channels, height, width] standard normals, unpacked, equal to <c>torch.randn</c> with a CPU generator of this seed.
    /// </summary>
    public static float[] Draw(ulong seed, LatentGrid grid)
    {
        var noise = new float[grid.Elements];
        new TorchGenerator(seed).FillNormal(noise);
        return noise;
    }
}
