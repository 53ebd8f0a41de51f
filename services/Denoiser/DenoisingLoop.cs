using System.Diagnostics;
using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser;

/// <summary>
/// The whole run, in numbered steps: from noise and a prompt to latents. C, H, W: the latents' sizes; L packed tokens of P channels each.
/// </summary>
internal sealed class DenoisingLoop(ImageTransformer transformer, SchedulerConfig scheduler, TensorBackend backend)
{
    /// <summary>Called after each step with its number, from 1, and the packed latents [L, P]; must not change them.</summary>
    public Action<int, Tensor>? LatentsDone { get; init; }

    /// <summary>Runs the whole schedule on the calling thread.</summary>
    /// <returns>[C, H, W]: normalised latents.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; checked between the transformer's blocks.</exception>
    /// <exception cref="CheckpointException">The checkpoint's scheduler has no schedule for this job.</exception>
    public float[] Run(DenoiseJob job, IDenoiseProgress progress, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var grid = job.Grid;
        using var scope = new TensorScope(backend);

        // 1. Schedule: noise levels from 1 down to 0, by the number of tokens.
        var schedule = FlowMatchSchedule.Create(job.Lightning ? scheduler.Lightning() : scheduler, job.Steps, grid.Tokens);
        progress.Started(schedule);

        // 2. Noise [C, H, W], packed into tokens [L, P]. Latents and velocities stay Float32, as the scheduler computes.
        var noise = job.Noise ?? InitialNoise.Draw(job.Seed, grid);
        var latents = scope.From(noise, [grid.Channels, grid.Height, grid.Width], DType.Float32);
        var tokens = scope.Empty([grid.Tokens, grid.TokenChannels], DType.Float32);
        backend.PackLatents(latents, grid.Patch, tokens);

        // 3. What no step changes: the projected prompts, rotary tables, buffers.
        using var run = job.IsGuided
            ? transformer.Begin(grid, job.Prompt, job.NegativePrompt!)
            : transformer.Begin(grid, job.Prompt);
        var velocity = scope.Empty(tokens.Shape, DType.Float32);
        var away = job.IsGuided ? scope.Empty(tokens.Shape, DType.Float32) : null;

        for (var step = 0; step < schedule.Steps; step++)
        {
            var started = Stopwatch.GetTimestamp();
            cancellation.ThrowIfCancellationRequested();

            // 4. Predict: the velocity [L, P] at this time, for the prompt.
            transformer.SetTime(run, schedule.ModelTime(step));
            transformer.Predict(run, run.Prompts[0], tokens, velocity, cancellation);

            // 5. Guide away from the negative prompt, keeping each token's length; 6. step to the next noise level.
            if (away is not null)
            {
                transformer.Predict(run, run.Prompts[1], tokens, away, cancellation);
                backend.GuidedEulerStep(tokens, velocity, away, job.TrueCfgScale, schedule.Delta(step));
            }
            else
            {
                backend.EulerStep(tokens, velocity, schedule.Delta(step));
            }
            LatentsDone?.Invoke(step + 1, tokens);
            progress.StepDone(step + 1, schedule.Sigmas[step + 1], Stopwatch.GetElapsedTime(started));
        }

        // 7. Unpack to [C, H, W].
        backend.UnpackLatents(tokens, grid.Patch, latents);
        var result = new float[grid.Elements];
        backend.Read(latents, result);
        return result;
    }
}
