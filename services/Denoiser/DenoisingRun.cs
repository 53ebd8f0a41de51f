using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser;

/// <summary>
/// One job being denoised: from noise and a prompt to latents, step by step. C, H, W: the latents' sizes; L packed tokens of P channels each.
/// Used from one thread at a time.
/// </summary>
internal sealed class DenoisingRun : IDisposable
{
    private readonly ImageTransformer _transformer;
    private readonly TensorBackend _backend;
    private readonly DenoiseJob _job;
    private readonly TensorScope _scope;
    private readonly TransformerRun _run;
    private readonly Tensor _latents;
    private readonly Tensor _velocity;
    private readonly Tensor? _away;

    /// <exception cref="CheckpointException">The checkpoint's scheduler has no schedule for this job.</exception>
    public DenoisingRun(LoadedDenoiser loaded, DenoiseJob job)
    {
        (_transformer, _backend, _job) = (loaded.Transformer, loaded.Backend, job);
        var grid = job.Grid;

        // 1. Schedule: noise levels from 1 down to 0, by the number of tokens.
        Schedule = FlowMatchSchedule.For(loaded.Scheduler, job);
        StepsDone = job.StartStep;
        _scope = new(_backend);
        try
        {
            // 2. Noise [C, H, W], or where another run has stopped, packed into tokens [L, P]. Latents and velocities stay Float32, as the scheduler computes.
            var start = job.Latents ?? job.Noise ?? InitialNoise.Draw(job.Seed, grid);
            _latents = _scope.From(start, [grid.Channels, grid.Height, grid.Width], DType.Float32);
            Tokens = _scope.Empty([grid.Tokens, grid.TokenChannels], DType.Float32);
            _backend.PackLatents(_latents, grid.Patch, Tokens);

            // 3. What no step changes: the projected prompts, rotary tables, buffers.
            _run = job.IsGuided ? _transformer.Begin(grid, job.Prompt, job.NegativePrompt!) : _transformer.Begin(grid, job.Prompt);
            _velocity = _scope.Empty(Tokens.Shape, DType.Float32);
            _away = job.IsGuided ? _scope.Empty(Tokens.Shape, DType.Float32) : null;
        }
        catch
        {
            _run?.Dispose();
            _scope.Dispose();
            throw;
        }
    }

    public FlowMatchSchedule Schedule { get; }

    /// <summary>Of the schedule's steps.</summary>
    public int StepsDone { get; private set; }

    public bool IsDone => StepsDone == Schedule.Steps;

    /// <summary>[L, P]: the packed latents.</summary>
    public Tensor Tokens { get; }

    /// <exception cref="OperationCanceledException">Cancelled; checked between the transformer's blocks.</exception>
    public void Step(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();

        // 4. Predict: the velocity [L, P] at this time, for the prompt.
        _transformer.SetTime(_run, Schedule.ModelTime(StepsDone));
        _transformer.Predict(_run, _run.Prompts[0], Tokens, _velocity, cancellation);

        // 5. Guide away from the negative prompt, keeping each token's length; 6. step to the next noise level.
        if (_away is not null)
        {
            _transformer.Predict(_run, _run.Prompts[1], Tokens, _away, cancellation);
            _backend.GuidedEulerStep(Tokens, _velocity, _away, _job.TrueCfgScale, Schedule.Delta(StepsDone));
        }
        else
        {
            _backend.EulerStep(Tokens, _velocity, Schedule.Delta(StepsDone));
        }
        StepsDone++;
    }

    /// <summary>The latents as they are now, unpacked: [C, H, W].</summary>
    public float[] ReadLatents()
    {
        _backend.UnpackLatents(Tokens, _job.Grid.Patch, _latents);
        var result = new float[_job.Grid.Elements];
        _backend.Read(_latents, result);
        return result;
    }

    public void Dispose()
    {
        _run.Dispose();
        _scope.Dispose();
    }
}
