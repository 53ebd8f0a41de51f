using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Synchronous calls: a job like any other, and a caller who waits for it. A caller who leaves ends it; when this Gateway dies the caller's connection
/// is lost, and the job is not.
/// </summary>
internal sealed class JobCalls(
    JobQueue queue, IJobStore store, JobFiles files, JobResults results, LocalCalls calls, JobSignals signals, IOptions<JobOptions> options,
    IOptions<GatewayOptions> gateway, TimeProvider time)
{
    private const int EventsAtATime = 256;

    private static readonly TimeSpan OwnEnd = TimeSpan.FromSeconds(0.1);

    /// <summary>Submits a job and waits for its pictures.</summary>
    /// <param name="submission">Tried once, so that its caller hears at once what is wrong; its deadline is at most Gateway:GenerationTimeoutSeconds away.</param>
    /// <param name="served">The model that it names.</param>
    /// <param name="progress">Is told what happens; null when nobody listens.</param>
    /// <param name="cancellationToken">Cancelled when the caller leaves.</param>
    /// <exception cref="GenerationException">There is no picture.</exception>
    /// <exception cref="OperationCanceledException">The caller has left.</exception>
    public async Task<FinishedJob> RunAsync(
        JobSubmission submission, ServedModel served, IGenerationProgress? progress, CancellationToken cancellationToken)
    {
        var (job, result) = await CallAsync(Bounded(submission), served, progress, TimeSpan.MaxValue, cancellationToken);
        return new FinishedJob(job, result!);
    }

    /// <summary>Submits a job and waits for its pictures for a time. After that it goes on, and its caller asks for it by its id.</summary>
    /// <param name="submission"><see cref="Bounded"/> for a caller who does not expect to ask.</param>
    /// <param name="served">The model that it names.</param>
    /// <param name="atMost">How long the caller waits. A caller who leaves meanwhile ends the job.</param>
    /// <param name="cancellationToken">Cancelled when the caller leaves.</param>
    /// <exception cref="GenerationException">It has ended without a picture.</exception>
    /// <exception cref="OperationCanceledException">The caller has left.</exception>
    public Task<AwaitedJob> HoldAsync(JobSubmission submission, ServedModel served, TimeSpan atMost, CancellationToken cancellationToken) =>
        CallAsync(submission, served, progress: null, atMost, cancellationToken);

    /// <summary>As a synchronous call is: begun once, and over within Gateway:GenerationTimeoutSeconds.</summary>
    public JobSubmission Bounded(JobSubmission submission)
    {
        var limit = time.GetUtcNow() + TimeSpan.FromSeconds(gateway.Value.GenerationTimeoutSeconds);
        var own = submission.Request.Deadline;
        return submission with { MaxAttempts = submission.MaxAttempts ?? 1, Request = submission.Request with { Deadline = own < limit ? own : limit } };
    }

    private async Task<AwaitedJob> CallAsync(
        JobSubmission submission, ServedModel served, IGenerationProgress? progress, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var id = JobQueue.NewId();
        var call = new LocalCall(progress);
        calls.Add(id, call);
        try
        {
            var job = await queue.SubmitAsync(id, submission, served, cancellationToken);
            try
            {
                return await EndAsync(job, call, progress, atMost, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && submission.IdempotencyKey is null)
            {
                await queue.CancelAsync(job.Id, job.Owner, CancellationToken.None);
                throw;
            }
        }
        finally
        {
            calls.Remove(id);
        }
    }

    private async Task<AwaitedJob> EndAsync(Job job, LocalCall call, IGenerationProgress? progress, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        using var watching = signals.Watch(job.Id, out var signal);
        long told = 0;
        while (true)
        {
            var next = signal.Next;
            if (call.Ended.IsCompleted)
            {
                var (ended, result, fault) = await call.Ended;
                return fault is null ? new AwaitedJob(ended, result) : throw new GenerationException(fault);
            }
            if (!call.IsHere)
            {
                foreach (var happened in await store.EventsAsync(job.Id, told, EventsAtATime, cancellationToken))
                {
                    if (call.IsHere || call.Ended.IsCompleted)
                    {
                        break; // Begun here since, and ended perhaps: it tells by itself what has been read, or has told it.
                    }
                    told = happened.Number;
                    // Its end may be this process's own, told in a moment.
                    if (happened.Data is JobEnded && !call.IsHere && await Task.WhenAny(call.Ended, Task.Delay(OwnEnd, time, cancellationToken)) != call.Ended)
                    {
                        return await FromStoreAsync(job.Id, cancellationToken);
                    }
                    await TellAsync(happened.Data, job, progress, cancellationToken);
                }
            }
            var left = atMost - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
            {
                return new AwaitedJob(await store.FindAsync(job.Id, cancellationToken) ?? job, Result: null);
            }
            var poll = TimeSpan.FromSeconds(options.Value.PollSeconds);
            await Task.WhenAny(call.Ended, next, Task.Delay(left < poll ? left : poll, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // Of a job that another Gateway runs.
    private async Task TellAsync(JobEventData happened, Job job, IGenerationProgress? progress, CancellationToken cancellationToken)
    {
        if (progress is null)
        {
            return;
        }
        switch (happened)
        {
            case JobStage stage:
                progress.Report(new StageProgress(stage.Stage, stage.Picture, stage.Ended));
                break;
            case JobStep step:
                progress.Report(new StepProgress(step.Picture, step.Step, step.Total));
                break;
            case JobAccepted accepted:
                progress.Report(new GenerationAccepted(job.Request with
                {
                    Size = accepted.Size,
                    Steps = accepted.Steps,
                    Guidance = accepted.Guidance,
                    Seed = accepted.Seed,
                    Count = accepted.Count,
                }));
                break;
            case JobPreview preview when await files.ReadPreviewAsync(preview, cancellationToken) is { } file:
                progress.Report(new PreviewDrawn(preview.Picture, preview.Step, file));
                break;
            case JobPictureDrawn { Picture: var picture } when await files.ReadAsync(job, picture, cancellationToken) is { } file:
                progress.Report(new PictureDrawn(JobResults.Shown(picture, file)));
                break;
        }
    }

    private async Task<AwaitedJob> FromStoreAsync(string id, CancellationToken cancellationToken)
    {
        var job = await store.FindAsync(id, cancellationToken) ?? throw new GenerationException(JobFaults.Gone);
        return new AwaitedJob(job, await results.ReadAsync(job, cancellationToken));
    }
}

/// <summary>A job whose caller has waited.</summary>
/// <param name="Job">As it is then.</param>
/// <param name="Result">Its pictures; null when they were not there in time.</param>
internal sealed record AwaitedJob(Job Job, GenerationResult? Result);

/// <summary>A job that has succeeded, with its files.</summary>
/// <param name="Job">As it has ended.</param>
/// <param name="Result">Its pictures.</param>
internal sealed record FinishedJob(Job Job, GenerationResult Result);
