using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Imaging;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Generation;

/// <summary>
/// Runs one generation:
/// <list type="number">
/// <item>take a slot, fix the deadline, refuse when a pool is empty;</item>
/// <item>encode the prompt and the negative prompt, both at once;</item>
/// <item>denoise: conditioning frames are relayed as they arrive;</item>
/// <item>decode: latent frames are relayed as they arrive;</item>
/// <item>write the picture as a file.</item>
/// </list>
/// Steps 2 to 4 run again when a replica goes away during them. What was complete is not repeated, and the seed is fixed, so the
/// client gets the same picture.
/// </summary>
internal sealed partial class GenerationOrchestrator(
    EncoderClient encoder, DenoiserClient denoiser, VaeClient vae, PictureWriter pictures, StageDirectory replicas, GenerationSlots slots, EmptyPools pools,
    GatewayInstrumentation instrumentation, IOptions<GatewayOptions> options, TimeProvider time, ILogger<GenerationOrchestrator> logger)
{
    /// <exception cref="GenerationException">There is no picture.</exception>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<GenerationResult> RunAsync(GenerationRequest request, ServedModel served, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var outcome = "failed";
        try
        {
            // 1
            using var slot = slots.Take();
            var limit = TimeSpan.FromSeconds(options.Value.GenerationTimeoutSeconds);
            var retries = new RetryBudget(options.Value.MaxAttempts, TimeSpan.FromSeconds(options.Value.RetrySeconds), time);
            var run = new GenerationRun(GenerationPlan.For(request, served), (time.GetUtcNow() + limit).UtcDateTime, retries, options.Value.MaxRelayedBytes);
            using var deadline = new CancellationTokenSource(limit + TimeSpan.FromSeconds(options.Value.DeadlineGraceSeconds), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                await pools.WaitAsync(either.Token);
                // 2 to 4
                using var pixels = await AttemptsAsync(run, either.Token);
                // 5
                var file = await WriteAsync(run, pixels, either.Token);
                run.Timings.Total = Stopwatch.GetElapsedTime(started).TotalSeconds;
                outcome = "succeeded";
                return new GenerationResult(file, request.Seed, run.Timings, run.PromptTruncated);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new GenerationException(new GenerationFault(null, FaultKind.DeadlineExceeded, $"not finished within {limit.TotalSeconds} s"));
            }
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            throw;
        }
        finally
        {
            instrumentation.Generated(outcome, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    private async Task<WireTensor> AttemptsAsync(GenerationRun run, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await AttemptAsync(run, cancellationToken);
            }
            catch (StageCallException exception)
            {
                if (!IsWorthRepeating(exception, run))
                {
                    throw new GenerationException(exception.Fault, exception);
                }
                var stage = exception.Fault.Stage!;
                run.Retries.Spend(exception);
                if (run.Retries.IsFirst)
                {
                    LogRepeating(logger, stage, run.Attempt, exception.Fault.Detail);
                }
                instrumentation.Retried(stage);
                run.PrepareNextAttempt();
                if (!replicas.HasOther(stage, run.Calls.Avoid))
                {
                    // The only replica may be restarting.
                    await Task.Delay(run.Retries.Pause, time, cancellationToken);
                }
            }
        }
    }

    // A full replica is left for another one; when all are full, the client gets the refusal.
    private bool IsWorthRepeating(StageCallException exception, GenerationRun run) => run.Retries.Allows(exception) && exception.Fault.Kind switch
    {
        FaultKind.Unavailable => true,
        FaultKind.Overloaded => replicas.HasOther(exception.Fault.Stage!, run.Calls.Avoid),
        _ => false,
    };

    /// <summary>
    /// All stages at once; each waits for the frames of the one before it. The first failure ends them all, except that a lost Vae lets the
    /// Denoiser send the rest of its latents: all steps are done by then, and the next attempt only decodes.
    /// </summary>
    private async Task<WireTensor> AttemptAsync(GenerationRun run, CancellationToken cancellationToken)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var decoding = DecodeAsync(run, attempt.Token);
        Task[] stages =
        [
            EncodeAsync(run, run.Plan.Request.Prompt, run.Positive, attempt.Token),
            EncodeAsync(run, run.Plan.NegativePrompt, run.Negative, attempt.Token),
            DenoiseAsync(run, attempt.Token),
            decoding,
        ];
        Exception? cause = null;
        await foreach (var stage in Task.WhenEach(stages))
        {
            if (stage.IsCompletedSuccessfully)
            {
                continue;
            }
            cause ??= stage.Exception?.InnerException ?? new OperationCanceledException(attempt.Token);
            if (stage != decoding || !IsLostVae(cause, run))
            {
                await attempt.CancelAsync();
            }
        }
        if (cause is null)
        {
            return await decoding;
        }
        if (decoding.IsCompletedSuccessfully)
        {
            decoding.Result.Dispose();
        }
        cancellationToken.ThrowIfCancellationRequested();
        ExceptionDispatchInfo.Throw(cause);
        throw new UnreachableException();
    }

    // A Denoiser that fails before its first frame ends the decoding too, with its own failure.
    private bool IsLostVae(Exception cause, GenerationRun run) =>
        cause is StageCallException { Fault.Stage: StageNames.Vae } lost && IsWorthRepeating(lost, run);

    private async Task EncodeAsync(GenerationRun run, string? prompt, FrameLog? conditioning, CancellationToken cancellationToken)
    {
        if (conditioning is null or { IsComplete: true })
        {
            return;
        }
        await TimedAsync("encode", async span =>
        {
            var summary = await encoder.EncodeAsync(prompt!, conditioning, run.Calls, cancellationToken);
            run.Encoded(summary, span.Done());
            return summary;
        });
    }

    private async Task DenoiseAsync(GenerationRun run, CancellationToken cancellationToken)
    {
        if (run.Latents.IsComplete)
        {
            return;
        }
        // A Denoiser may hold its slot from the first message on; the call is opened when there is something to send.
        await run.Positive.FirstFrameAsync(cancellationToken);
        if (run.Negative is not null)
        {
            await run.Negative.FirstFrameAsync(cancellationToken);
        }
        await TimedAsync("denoise", async span =>
        {
            span.Tag("qwenmesh.steps", run.Plan.Request.Steps);
            span.Tag("qwenmesh.size", run.Plan.Generated.ToString());
            var finished = await denoiser.DenoiseAsync(run.Plan.Denoise, run.Positive, run.Negative, run.Latents, run.Calls, cancellationToken);
            run.Timings.DenoiseCompute += finished.ComputeSeconds;
            run.Timings.Denoise += span.Done();
            return finished;
        });
    }

    private async Task<WireTensor> DecodeAsync(GenerationRun run, CancellationToken cancellationToken)
    {
        // The same holds for the Vae, and the denoising before it takes long.
        await run.Latents.FirstFrameAsync(cancellationToken);
        return await TimedAsync("decode", async span =>
        {
            var (image, finished) = await vae.DecodeAsync(run.Latents, run.Plan.Generated, run.Calls, cancellationToken);
            run.Timings.DecodeCompute += finished.ComputeSeconds;
            run.Timings.Decode += span.Done();
            return image;
        });
    }

    private Task<byte[]> WriteAsync(GenerationRun run, WireTensor pixels, CancellationToken cancellationToken) => TimedAsync("image", async span =>
    {
        var file = await pictures.WriteAsync(pixels.Bytes, run.Plan.Generated, run.Plan.Request, cancellationToken);
        run.Timings.Image = span.Done();
        return file;
    });

    private async Task<T> TimedAsync<T>(string stage, Func<StageSpan, Task<T>> work)
    {
        using var span = instrumentation.Begin(stage);
        try
        {
            return await work(span);
        }
        catch (Exception exception)
        {
            span.Failed(exception.Message);
            throw;
        }
    }

    [LoggerMessage(50, LogLevel.Warning, "{Stage} lost in attempt {Attempt}; trying again: {Reason}")]
    private static partial void LogRepeating(ILogger logger, string stage, int attempt, string reason);
}
