using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser;

/// <summary>
/// One job being denoised: from noise, a prompt and pictures to latents, step by step. C, H, W: the latents' sizes; L packed tokens of P channels each.
/// Used from one thread at a time.
/// </summary>
internal sealed class DenoisingRun : IDisposable
{
    private readonly ImageTransformer _transformer;
    private readonly TensorBackend _backend;
    private readonly DenoiseJob _job;
    private readonly TensorScope _scope;
    private readonly Tensor _inputs;
    private readonly Tensor _velocity;
    private readonly Tensor? _away;
    private readonly TransformerRun _run;
    private readonly Inpainting? _inpainting;
    private readonly List<ControlRun> _controls = [];

    /// <exception cref="CheckpointException">The checkpoint's scheduler has no schedule for this job.</exception>
    public DenoisingRun(LoadedDenoiser loaded, DenoiseJob job)
    {
        (_transformer, _backend, _job) = (loaded.Transformer, loaded.Backend, job);
        var grid = job.Grid;

        // 1. Schedule: noise levels from 1 down to 0, by the number of the picture's tokens; an initial picture stands for the first of them.
        Schedule = FlowMatchSchedule.For(loaded.Scheduler, job);
        StepsDone = job.StartStep;
        _scope = new(_backend);
        try
        {
            // 2. Latents to begin with and references, packed into tokens. Latents and velocities stay Float32, as the scheduler computes.
            var (draws, images) = (SeedDraws.Of(job), job.Images);
            _inputs = _scope.Empty([images.Sum(image => image.Tokens), grid.TokenChannels], DType.Float32);
            Tokens = _inputs.Rows(0, grid.Tokens);
            PackedLatents.Write(job.Resume?.Latents ?? Start(draws), grid, Tokens, _backend);
            WriteReferences(draws, images);
            _inpainting = job.Initial?.Mask is { } mask ? new(mask, draws.Initial!, draws.Noise, grid, _backend, _scope) : null;

            // 3. What no step changes: the projected prompts, rotary tables, buffers, embedded control pictures.
            _run = job.IsGuided ? _transformer.Begin(images, job.Prompt, job.NegativePrompt!) : _transformer.Begin(images, job.Prompt);
            _velocity = _scope.Empty(Tokens.Shape, DType.Float32);
            _away = job.IsGuided ? _scope.Empty(Tokens.Shape, DType.Float32) : null;
            foreach (var (control, latents) in job.Controls.Zip(draws.Controls))
            {
                using var packed = _backend.Empty(Tokens.Shape, DType.Float32);
                PackedLatents.Write(latents, grid, packed, _backend);
                _controls.Add(control.Network.Begin(grid, job.Prompt, packed, _run));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Of the run: without the steps that an initial picture stands for.</summary>
    public FlowMatchSchedule Schedule { get; }

    /// <summary>Of the schedule's steps.</summary>
    public int StepsDone { get; private set; }

    public bool IsDone => StepsDone == Schedule.Steps;

    /// <summary>[L, P]: the packed latents.</summary>
    public Tensor Tokens { get; }

    /// <summary>[C, H, W]: what the picture will be as far as the last step knows, when a preview is due after it; else null.</summary>
    public float[]? Preview { get; private set; }

    /// <exception cref="OperationCanceledException">Cancelled; checked between the transformer's blocks.</exception>
    public void Step(CancellationToken cancellation)
    {
        ComputeProgress.Report(cancellation);
        var step = StepsDone;
        var before = IsDue(_job.PreviewInterval, step + 1) ? ReadLatents() : null;
        var time = Schedule.ModelTime(step);

        // 4. Control: residuals for the prompt, used by both passes.
        ReadOnlySpan<ControlResiduals> controls = Control(step, time, cancellation);

        // 5. Predict: the velocity [L, P] at this time, for the prompt.
        _transformer.SetTime(_run, time);
        _transformer.Predict(_run, _run.Prompts[0], _inputs, _velocity, cancellation, controls);

        // 6. Guide away from the negative prompt, keeping each token's length; 7. step to the next noise level.
        if (_away is not null)
        {
            _transformer.Predict(_run, _run.Prompts[1], _inputs, _away, cancellation, controls);
            _backend.GuidedEulerStep(Tokens, _velocity, _away, _job.TrueCfgScale, Schedule.Delta(step));
        }
        else
        {
            _backend.EulerStep(Tokens, _velocity, Schedule.Delta(step));
        }
        Preview = before is null ? null : Schedule.Estimate(before, ReadLatents(), step);

        // 8. Inpaint: outside of the mask, the initial picture with the noise of this level.
        _inpainting?.Apply(Tokens, Schedule.Sigmas[step + 1]);
        if (Preview is not null)
        {
            _inpainting?.Keep(Preview);
        }
        StepsDone++;
    }

    /// <summary>The latents as they are now, unpacked: [C, H, W].</summary>
    public float[] ReadLatents() => PackedLatents.Read(Tokens, _job.Grid, _backend);

    /// <summary>Whether something is due that comes every <paramref name="interval"/> steps; the run's end has the latents themselves.</summary>
    public bool IsDue(int interval, int stepsDone) => interval > 0 && stepsDone % interval == 0 && stepsDone < Schedule.Steps;

    public void Dispose()
    {
        _controls.ForEach(control => control.Dispose());
        // Null when the constructor failed.
        _run?.Dispose();
        _scope.Dispose();
    }

    private float[] Start(SeedDraws draws) => draws.Initial is { } initial ? Schedule.AddNoise(initial, draws.Noise, 0) : draws.Noise;

    private void WriteReferences(SeedDraws draws, IReadOnlyList<LatentGrid> images)
    {
        var latents = _job.References.Select(reference => reference.Latents);
        if (_job.Initial is { IsReference: true })
        {
            latents = latents.Prepend(draws.Initial!);
        }
        var row = _job.Grid.Tokens;
        foreach (var (image, reference) in images.Skip(1).Zip(latents))
        {
            PackedLatents.Write(reference, image, _inputs.Rows(row, image.Tokens), _backend);
            row += image.Tokens;
        }
    }

    private ControlResiduals[] Control(int step, float time, CancellationToken cancellation)
    {
        var residuals = new List<ControlResiduals>();
        foreach (var (control, run) in _job.Controls.Zip(_controls).Where(pair => pair.First.WorksIn(step, Schedule.Steps)))
        {
            control.Network.Predict(run, Tokens, time, cancellation);
            run.Residuals.Scale = control.Scale;
            residuals.Add(run.Residuals);
        }
        return [.. residuals];
    }
}
