using System.Diagnostics;
using System.Threading.Channels;
using Grpc.Core;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Denoiser;

/// <summary>[C, H, W] latents, and how long the stage computed.</summary>
internal sealed record DenoiseResult(float[] Latents, TimeSpan Elapsed);

/// <summary>
/// One job on a thread of its own. Its events are queued, so that the computation never waits for a slow reader, and sent while it
/// goes on; a failed write stops it.
/// </summary>
internal sealed class RunningJob(DenoiseJob job, DenoisingLoop loop, DenoiserInstrumentation instrumentation) : IDenoiseProgress
{
    private readonly Channel<DenoiseResponse> _events =
        Channel.CreateUnbounded<DenoiseResponse>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private Activity? _activity;

    /// <summary>Computes and sends the events. Ends when the computation has ended, whatever happens.</summary>
    /// <param name="slot">Freed as soon as the computation ends, which may be before the reader has taken the events.</param>
    /// <param name="responses">Takes the events.</param>
    /// <param name="cancellationToken">Stops the computation between two blocks.</param>
    public async Task<DenoiseResult> RunAsync(
        IDisposable slot, IServerStreamWriter<DenoiseResponse> responses, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var computing = Task.Factory.StartNew(
            () => Compute(slot, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (var message in _events.Reader.ReadAllAsync(cancellationToken))
            {
                await responses.WriteAsync(message, cancellationToken);
            }
        }
        finally
        {
            // Reached early only when a write failed or the call was cancelled.
            await stop.CancelAsync();
            await ((Task)computing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return await computing;
    }

    public void Started(FlowMatchSchedule schedule) => Post(new()
    {
        Started = new DenoiseStarted { Sigmas = { schedule.Sigmas }, ImageTokens = job.Grid.Tokens, Guided = job.IsGuided },
    });

    public void StepDone(int step, float sigma, TimeSpan elapsed)
    {
        instrumentation.StepDone(_activity, job, step, elapsed);
        Post(new() { Step = new DenoiseStep { Step = step, Total = job.Steps, Sigma = sigma, Seconds = elapsed.TotalSeconds } });
    }

    private DenoiseResult Compute(IDisposable slot, CancellationToken cancellationToken)
    {
        try
        {
            using var held = slot;
            using var activity = _activity = instrumentation.StartRun(job);
            var started = Stopwatch.GetTimestamp();
            var latents = loop.Run(job, this, cancellationToken);
            return new(latents, Stopwatch.GetElapsedTime(started));
        }
        finally
        {
            _events.Writer.Complete();
        }
    }

    private void Post(DenoiseResponse message) => _events.Writer.TryWrite(message);
}
