using System.Diagnostics;
using System.Runtime.InteropServices;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser;

/// <summary>One call's run, a step a part: its events, previews and checkpoints on the way, its latents at the end.</summary>
internal sealed class DenoiseSession : IStageSession
{
    private readonly DenoiseJob _job;
    private readonly StageOutput<DenoiseResponse> _output;
    private readonly DenoiserInstrumentation _instrumentation;
    private readonly Activity? _activity;
    private readonly DenoisingRun _run;

    public DenoiseSession(LoadedDenoiser loaded, DenoiseJob job, StageOutput<DenoiseResponse> output, DenoiserInstrumentation instrumentation)
    {
        (_job, _output, _instrumentation) = (job, output, instrumentation);
        _activity = instrumentation.StartRun(job);
        try
        {
            _run = new DenoisingRun(loaded, job);
        }
        catch
        {
            _activity?.Dispose();
            throw;
        }
    }

    public bool Advance(CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        _run.Step(cancellation);
        var (step, elapsed) = (_run.StepsDone, Stopwatch.GetElapsedTime(started));
        _instrumentation.StepDone(_activity, _job, step, elapsed);
        _output.Post(new DenoiseResponse
        {
            Step = new DenoiseStep { Step = step, Total = _run.Schedule.Steps, Sigma = _run.Schedule.Sigmas[step], Seconds = elapsed.TotalSeconds },
        });
        if (_run.Preview is { } preview)
        {
            Post("preview", preview, step);
        }
        if (_run.IsDue(_job.CheckpointInterval, step))
        {
            Post("checkpoint", _run.ReadLatents(), step);
        }
        if (_run.IsDone)
        {
            Post("latents", _run.ReadLatents(), index: 0);
        }
        return !_run.IsDone;
    }

    public bool HandBack()
    {
        if (_job.CheckpointInterval == 0)
        {
            return false;
        }
        if (!_run.IsDue(_job.CheckpointInterval, _run.StepsDone))
        {
            Post("checkpoint", _run.ReadLatents(), _run.StepsDone);
        }
        return true;
    }

    public void Dispose()
    {
        _run.Dispose();
        _activity?.Dispose();
    }

    private void Post(string name, float[] latents, int index)
    {
        if (!Array.TrueForAll(latents, float.IsFinite))
        {
            throw StageFaults.Internal(DenoiserService.Stage, "the latents left the range of Float32; are the conditioning's values sound?");
        }
        var grid = _job.Grid;
        _output.Post(new OutgoingTensor(
            name, DataType.Float32, [grid.Channels, grid.Height, grid.Width], MemoryMarshal.AsBytes(latents.AsSpan()).ToArray(), index));
    }
}
