using System.Diagnostics;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>
/// Runs one generation:
/// <list type="number">
/// <item>take a slot, fix the deadline, plan, refuse when a pool is empty;</item>
/// <item>encode the prompt and the negative prompt, in one call;</item>
/// <item>draw every picture, all at once: denoise, decode, write the file.</item>
/// </list>
/// A call whose replica goes away is repeated by itself; seeds are fixed, so the client gets the same pictures. It tells a listener what happens and does
/// not know who listens.
/// </summary>
internal sealed class GenerationOrchestrator(
    EncoderClient encoder, PictureDrawing drawing, StageRetries retries, GenerationSlots slots, EmptyPools pools, GatewayInstrumentation instrumentation,
    IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <exception cref="GenerationException">There is no picture.</exception>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<GenerationResult> RunAsync(
        GenerationRequest request, ServedModel served, IGenerationProgress? progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var outcome = GenerationOutcome.Failed;
        try
        {
            var result = await RunWithinAsync(request, served, progress, started, cancellationToken);
            outcome = GenerationOutcome.Succeeded;
            return result;
        }
        catch (OperationCanceledException)
        {
            outcome = GenerationOutcome.Cancelled;
            throw;
        }
        catch (GenerationException exception)
        {
            outcome = GenerationOutcome.Of(exception.Fault);
            throw;
        }
        finally
        {
            instrumentation.Generated(outcome, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    private async Task<GenerationResult> RunWithinAsync(
        GenerationRequest request, ServedModel served, IGenerationProgress? progress, long started, CancellationToken cancellationToken)
    {
        // 1
        using var slot = slots.Take();
        var plan = GenerationPlanner.Plan(request, served);
        var limit = Limit(request);
        var run = new GenerationRun(plan, (time.GetUtcNow() + limit).UtcDateTime, options.Value.MaxRelayedBytes, progress);
        using var deadline = new CancellationTokenSource(limit + TimeSpan.FromSeconds(options.Value.DeadlineGraceSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await pools.WaitAsync(served.Pools, either.Token);
            run.Report(new GenerationAccepted(plan.Request));
            // 2
            var encoded = await EncodeAsync(run, either.Token);
            try
            {
                // 3
                var pictures = await drawing.DrawAsync(run, GenerationRun.Conditioning(encoded), either.Token);
                run.Timings.Total = Stopwatch.GetElapsedTime(started).TotalSeconds;
                return new GenerationResult(pictures, run.Timings, run.PromptTruncated, run.NegativePromptTruncated);
            }
            finally
            {
                foreach (var embeds in encoded.Embeds)
                {
                    embeds.Dispose();
                }
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GenerationException(new GenerationFault(null, FaultKind.DeadlineExceeded, $"not finished within {limit.TotalSeconds} s"), exception);
        }
    }

    private TimeSpan Limit(GenerationRequest request)
    {
        var most = TimeSpan.FromSeconds(options.Value.GenerationTimeoutSeconds);
        var own = request.Deadline - time.GetUtcNow() ?? most;
        return own < most ? own > TimeSpan.Zero ? own : TimeSpan.Zero : most;
    }

    private Task<Encoded> EncodeAsync(GenerationRun run, CancellationToken cancellationToken)
    {
        var call = run.CallTo(run.Plan.Model.Pools.Encoder);
        return retries.RunAsync(call, () => instrumentation.TimeAsync("encode", async span =>
        {
            run.Report(new StageProgress("encode", 0, Ended: false));
            var encoded = await encoder.EncodeAsync(run.Plan.Encode.Parameters, [], run.Key, call, cancellationToken);
            run.Encoded(encoded.Summary);
            var seconds = span.Done();
            run.Time(timings => (timings.Encode, timings.EncodeCompute) = (timings.Encode + seconds, timings.EncodeCompute + encoded.ComputeSeconds));
            run.Report(new StageProgress("encode", 0, Ended: true));
            return encoded;
        }), cancellationToken);
    }
}
