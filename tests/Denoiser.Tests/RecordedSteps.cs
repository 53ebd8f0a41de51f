using QwenMesh.Denoiser.Sampling;

namespace QwenMesh.Denoiser.Tests;

internal sealed class RecordedSteps : IDenoiseProgress
{
    public float[] Sigmas { get; private set; } = [];

    public List<(int Step, float Sigma)> Done { get; } = [];

    /// <summary>Called after every step.</summary>
    public Action<int>? OnStep { get; init; }

    public List<(int Step, float[] Latents)> Previews { get; } = [];

    public List<(int Step, float[] Latents)> Checkpoints { get; } = [];

    public void Started(FlowMatchSchedule schedule) => Sigmas = schedule.Sigmas;

    public void StepDone(int step, float sigma, TimeSpan elapsed)
    {
        Assert.True(elapsed >= TimeSpan.Zero);
        Done.Add((step, sigma));
        OnStep?.Invoke(step);
    }

    public void Preview(int step, float[] latents) => Previews.Add((step, latents));

    public void Checkpoint(int step, float[] latents) => Checkpoints.Add((step, latents));
}
