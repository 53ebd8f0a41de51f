namespace QwenMesh.Denoiser.Sampling;

/// <summary>
/// Everything that a job draws from its seed, in the reference's order: the initial picture, the control pictures, the noise (docs/model.md 11).
/// [C, H, W] each. A call that goes on from a checkpoint draws the same again.
/// </summary>
/// <param name="Initial">The initial picture's latents; null without one.</param>
/// <param name="Controls">The control pictures' latents.</param>
/// <param name="Noise">Standard normals, equal to <c>torch.randn</c> with a CPU generator of this seed.</param>
internal sealed record SeedDraws(float[]? Initial, float[][] Controls, float[] Noise)
{
    public static SeedDraws Of(DenoiseJob job)
    {
        var generator = new TorchGenerator(job.Seed);
        var initial = job.Initial?.Latents.Sample(generator);
        var controls = job.Controls.Select(control => control.Latents.Sample(generator)).ToArray();
        // Inpainting makes the reference draw once more, for a picture that it does not use; nothing is drawn after that.
        return new(initial, controls, job.Noise ?? Draw(generator, job.Grid.Elements));
    }

    private static float[] Draw(TorchGenerator generator, int count)
    {
        var noise = new float[count];
        generator.FillNormal(noise);
        return noise;
    }
}
