using QwenMesh.Checkpoints;

namespace QwenMesh.Denoiser.Sampling;

/// <summary>
/// Noise levels and timesteps of one run, float32 in the reference's order of operations
/// (FlowMatchEulerDiscreteScheduler; docs/model.md 7.1).
/// </summary>
/// <param name="Sigmas">Noise level before each step and the final 0: steps + 1 values, falling.</param>
/// <param name="Timesteps">What the scheduler reports for each step: σ·1000.</param>
internal sealed record FlowMatchSchedule(float[] Sigmas, float[] Timesteps)
{
    // The pipelines divide by 1000 whatever num_train_timesteps is.
    private const float ModelTimeScale = 1000f;

    public int Steps => Timesteps.Length;

    /// <summary>Time that the transformer is told for a step, in [0, 1].</summary>
    public float ModelTime(int step) => Timesteps[step] / ModelTimeScale;

    /// <summary>Length of a step's move along the velocity; negative.</summary>
    public float Delta(int step) => Sigmas[step + 1] - Sigmas[step];

    /// <summary>A job's schedule, without the steps that it leaves out.</summary>
    /// <exception cref="CheckpointException">The checkpoint's shifts leave no falling schedule at this size.</exception>
    public static FlowMatchSchedule For(SchedulerConfig config, DenoiseJob job)
    {
        var whole = Create(job.Lightning ? config.Lightning() : config, job.Steps, job.Grid.Tokens);
        return new(whole.Sigmas[job.LeftOutSteps..], whole.Timesteps[job.LeftOutSteps..]);
    }

    /// <summary>Latents with the noise of a step's beginning: σ·noise + (1 − σ)·clean.</summary>
    public float[] AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int step)
    {
        var (sigma, noised) = (Sigmas[step], new float[clean.Length]);
        for (var i = 0; i < noised.Length; i++)
        {
            noised[i] = (sigma * noise[i]) + ((1 - sigma) * clean[i]);
        }
        return noised;
    }

    /// <summary>Where the velocity of a step leads when it is followed to the end: latents without noise, from those before and after the step.</summary>
    public float[] Estimate(ReadOnlySpan<float> before, ReadOnlySpan<float> after, int step)
    {
        var (factor, clean) = (Sigmas[step + 1] / Delta(step), new float[after.Length]);
        for (var i = 0; i < clean.Length; i++)
        {
            clean[i] = after[i] - (factor * (after[i] - before[i]));
        }
        return clean;
    }

    /// <summary>The schedule of a picture with <paramref name="imageTokens"/> packed tokens.</summary>
    /// <remarks>
    /// One step: the reference's terminal stretch divides 0 by 0. Here the only noise level stays 1, so the step goes from pure
    /// noise to the picture.
    /// </remarks>
    /// <exception cref="CheckpointException">The checkpoint's shifts leave no falling schedule at this size.</exception>
    public static FlowMatchSchedule Create(SchedulerConfig config, int steps, int imageTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageTokens, 1);
        var sigmas = new float[steps + 1];
        var levels = sigmas.AsSpan(0, steps);
        Linear(levels);
        Shift(levels, config, imageTokens);
        if (config.TerminalSigma is { } terminal && steps > 1)
        {
            Stretch(levels, (float)(1 - terminal));
        }
        Demand(sigmas);
        var train = (float)config.TrainTimesteps;
        return new(sigmas, Array.ConvertAll(levels.ToArray(), sigma => sigma * train));
    }

    // 1 down to 1/N, evenly, in double.
    private static void Linear(Span<float> sigmas)
    {
        var last = 1.0 / sigmas.Length;
        var step = (last - 1.0) / Math.Max(1, sigmas.Length - 1);
        for (var i = 0; i < sigmas.Length; i++)
        {
            sigmas[i] = (float)(1.0 + (i * step));
        }
        sigmas[^1] = (float)last;
    }

    private static void Shift(Span<float> sigmas, SchedulerConfig config, int imageTokens)
    {
        if (config.DynamicShift)
        {
            var mu = config.Mu(imageTokens);
            var factor = (float)(config.TimeShift == TimeShift.Exponential ? Math.Exp(mu) : mu);
            foreach (ref var sigma in sigmas)
            {
                sigma = factor / (factor + ((1f / sigma) - 1f));
            }
            return;
        }
        var shift = (float)config.Shift;
        var less = (float)(config.Shift - 1);
        foreach (ref var sigma in sigmas)
        {
            sigma = shift * sigma / (1f + (less * sigma));
        }
    }

    // Moves the last level to 1 − span, keeping the first at 1.
    private static void Stretch(Span<float> sigmas, float span)
    {
        var scale = (1f - sigmas[^1]) / span;
        foreach (ref var sigma in sigmas)
        {
            sigma = 1f - ((1f - sigma) / scale);
        }
    }

    private static void Demand(ReadOnlySpan<float> sigmas)
    {
        for (var i = 1; i < sigmas.Length; i++)
        {
            if (!(sigmas[i] < sigmas[i - 1]) || !float.IsFinite(sigmas[0]))
            {
                throw new CheckpointException(
                    SchedulerConfig.File, null, $"shifts that give falling noise levels for {sigmas.Length - 1} steps", $"{sigmas[i - 1]}, {sigmas[i]}");
            }
        }
    }
}
