using QwenMesh.Denoiser.Sampling;

namespace QwenMesh.Denoiser;

/// <summary>Receives the progress of a run, on the thread that computes it; must not block.</summary>
internal interface IDenoiseProgress
{
    void Started(FlowMatchSchedule schedule);

    /// <param name="step">Steps done, from 1.</param>
    /// <param name="sigma">Noise level that the latents have now.</param>
    /// <param name="elapsed">Time that this step took.</param>
    void StepDone(int step, float sigma, TimeSpan elapsed);
}
