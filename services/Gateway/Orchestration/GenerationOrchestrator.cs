using System.Diagnostics;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>
/// Runs one generation:
/// <list type="number">
/// <item>fix the deadline, plan, refuse when a pool is empty;</item>
/// <item>encode the prompts, in one call, and the pictures, all at once;</item>
/// <item>draw every picture, all at once: denoise, decode, write the file.</item>
/// </list>
/// A call whose replica goes away is repeated by itself; seeds are fixed, so the client gets the same pictures. It tells a listener what happens and does
/// not know who listens.
/// </summary>
internal sealed class GenerationOrchestrator(
    PictureInputReader inputs, GenerationInputs encoding, PictureDrawing drawing, EmptyPools pools, ArtifactStore artifacts,
    GatewayInstrumentation instrumentation, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <exception cref="GenerationException">There is no picture.</exception>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<GenerationResult> RunAsync(
        GenerationRequest request, ServedModel served, IGenerationProgress? progress, ICheckpoints? checkpoints, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var outcome = GenerationOutcome.Failed;
        try
        {
            var result = await RunWithinAsync(request, served, progress, checkpoints, started, cancellationToken);
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
        GenerationRequest request, ServedModel served, IGenerationProgress? progress, ICheckpoints? checkpoints, long started, CancellationToken cancellationToken)
    {
        // 1
        GenerationPlanner.Admit(request, served);
        var limit = Limit(request);
        var end = (time.GetUtcNow() + limit).UtcDateTime;
        using var deadline = new CancellationTokenSource(limit + TimeSpan.FromSeconds(options.Value.DeadlineGraceSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        GenerationRun? run = null;
        try
        {
            var plan = GenerationPlanner.Plan(request, await inputs.ReadAsync(request, either.Token), served);
            run = new GenerationRun(plan, end, options.Value.MaxRelayedBytes, progress, checkpoints);
            await pools.WaitAsync(served.Pools, either.Token);
            run.Report(new GenerationAccepted(plan.Request));
            // 2
            using var conditioning = await encoding.EncodeAsync(run, either.Token);
            // 3
            var pictures = await drawing.DrawAsync(run, conditioning.Tensors, either.Token);
            run.Timings.Total = Stopwatch.GetElapsedTime(started).TotalSeconds;
            return new GenerationResult(pictures, run.Timings, run.PromptTruncated, run.NegativePromptTruncated);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GenerationException(new GenerationFault(null, FaultKind.DeadlineExceeded, $"not finished within {limit.TotalSeconds} s"), exception);
        }
        finally
        {
            if (run is not null)
            {
                artifacts.Release(run.Key);
            }
        }
    }

    private TimeSpan Limit(GenerationRequest request)
    {
        var most = TimeSpan.FromSeconds(options.Value.GenerationTimeoutSeconds);
        var own = request.Deadline - time.GetUtcNow() ?? most;
        return own < most ? own > TimeSpan.Zero ? own : TimeSpan.Zero : most;
    }
}
