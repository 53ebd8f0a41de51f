using System.Diagnostics;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Orchestration;

namespace QwenMesh.Gateway.Jobs;

/// <summary>One attempt at a job, from its claim to its end, or back into the queue.</summary>
internal sealed partial class JobExecution(
    ImageGenerator generator, IJobStore store, JobFiles files, JobCheckpointing checkpointing, LocalCalls calls, WorkRate rate, JobInstrumentation instrumentation,
    IOptions<JobOptions> options, TimeProvider time, ILogger<JobExecution> logger)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(0.5);

    public async Task RunAsync(ClaimedJob claimed, RunningJob running)
    {
        var local = calls.Find(claimed.Claim.Id);
        local?.IsHere = true;
        using var span = instrumentation.Begin(claimed);
        var started = time.GetTimestamp();
        var checkpoints = checkpointing.Begin(claimed);
        var report = new JobReport(claimed, files, local?.Progress, events => AppendAsync(claimed, running, events));
        GenerationResult? result = null;
        JobEnding ending;
        IReadOnlyList<JobEventData> events = [];
        try
        {
            (result, events) = await DrawAsync(claimed, running, report, checkpoints);
            ending = new JobEnding(JobState.Succeeded, Kept(result, claimed));
        }
        catch (OperationCanceledException) when (running.Stopped.IsCancellationRequested)
        {
            (_, events) = await CompleteAsync(report);
            ending = new JobEnding(JobState.Cancelled);
        }
        catch (Exception exception)
        {
            (_, events) = await CompleteAsync(report);
            ending = new JobEnding(JobState.Failed, Fault: Fault(exception, claimed.Claim.Id));
        }
        if (running.Reason == StopReason.Lost)
        {
            LogLost(logger, claimed.Claim.Id);
        }
        else if (running.Reason == StopReason.HandedBack && ending.State != JobState.Succeeded)
        {
            await checkpoints.FlushAsync();
            await TryAsync(claimed, () => store.ReleaseAsync(claimed.Claim, time.GetUtcNow(), "its gateway is stopping", CancellationToken.None));
        }
        else if (ending.Fault is { } fault && NextAttempt(claimed, fault) is { } next)
        {
            LogReleased(logger, claimed.Claim.Id, claimed.Job.Attempts, fault.Detail);
            await checkpoints.FlushAsync();
            await TryAsync(claimed, () => store.ReleaseAsync(claimed.Claim, next, fault.Detail, CancellationToken.None));
        }
        else if (await TryAsync(claimed, () => store.EndAsync(claimed.Claim, events, ending, CancellationToken.None)))
        {
            rate.Add(claimed.Units, time.GetElapsedTime(started));
            instrumentation.Ended(claimed, ending, span);
            running.FreePlace(); // Before its caller knows, who may ask for the next picture at once.
            local?.End(new LocalEnd(Ended(claimed.Job, ending), result, ending.Fault ?? (ending.State == JobState.Cancelled ? JobFaults.Cancelled : null)));
            await checkpoints.DeleteAsync(); // The caller does not wait for it.
        }
        // The caller goes on by the store.
        local?.IsHere = false;
    }

    private async Task<(GenerationResult Result, IReadOnlyList<JobEventData> Events)> DrawAsync(
        ClaimedJob claimed, RunningJob running, JobReport report, ICheckpoints checkpoints)
    {
        var request = await files.ReadRequestAsync(claimed, running.Stopped);
        var drawn = await generator.GenerateAsync(request with { Deadline = claimed.Deadline }, report, checkpoints, running.Stopped);
        var (pictures, events) = await report.CompleteAsync();
        return (drawn with { Pictures = pictures }, events);
    }

    // What is told before a failure is worth keeping; that it could not be kept is not worth more than the failure.
    private static async Task<(IReadOnlyList<GeneratedPicture>, IReadOnlyList<JobEventData>)> CompleteAsync(JobReport report)
    {
        try
        {
            return await report.CompleteAsync();
        }
        catch (Exception)
        {
            return ([], []);
        }
    }

    private static JobResult Kept(GenerationResult result, ClaimedJob claimed) => new(
        [.. result.Pictures.Select(picture =>
            new JobPicture(picture.Number, picture.Seed, picture.Size, picture.File.Length, picture.IsFiltered, claimed.Claim.Fence))],
        result.Timings, result.PromptTruncated, result.NegativePromptTruncated);

    private Job Ended(Job job, JobEnding ending)
    {
        var now = time.GetUtcNow();
        return job with
        {
            State = ending.State,
            Result = ending.Result,
            Fault = ending.Fault,
            EndedAt = now,
            ExpiresAt = now + TimeSpan.FromHours(options.Value.ResultHours),
        };
    }

    private async Task AppendAsync(ClaimedJob claimed, RunningJob running, IReadOnlyList<JobEventData> events)
    {
        var call = Appending.First();
        if (!await TryAsync(claimed, () =>
        {
            var now = call;
            call = call with { IsRepeated = true };
            return store.AppendAsync(claimed.Claim, events, now, CancellationToken.None);
        }))
        {
            running.Stop(StopReason.Lost);
        }
    }

    // While the store cannot be reached the job is not given up: what was drawn would be lost. Its lease passes in the end, and another attempt begins.
    private async Task<bool> TryAsync(ClaimedJob claimed, Func<Task<bool>> write)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await write();
            }
            catch (Exception exception)
            {
                if (time.GetElapsedTime(since).TotalSeconds > 4 * options.Value.LeaseSeconds)
                {
                    LogNotStored(logger, exception, claimed.Claim.Id);
                    return false;
                }
                await Task.Delay(StorePause, time);
            }
        }
    }

    private GenerationFault Fault(Exception exception, string job)
    {
        if (exception is GenerationException { Fault: var fault })
        {
            LogFailed(logger, job, fault.Stage ?? "gateway", fault.Kind, fault.Detail);
            return fault;
        }
        LogBroken(logger, exception, job);
        return new GenerationFault(null, FaultKind.Internal, "Internal server error");
    }

    // When it is tried again; null for never.
    private DateTimeOffset? NextAttempt(ClaimedJob claimed, GenerationFault fault)
    {
        if (!(fault.IsTransient || fault.Kind == FaultKind.Internal) || claimed.Job.Attempts >= claimed.MaxAttempts)
        {
            return null;
        }
        var pause = TimeSpan.FromSeconds(options.Value.RetrySeconds * Math.Pow(2, Math.Min(claimed.Job.Attempts - 1, 10)));
        var next = time.GetUtcNow() + (pause < LongestPause ? pause : LongestPause);
        return next < claimed.Deadline ? next : null;
    }

    [LoggerMessage(440, LogLevel.Warning, "Job {Job} has failed: {Stage} {Kind}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string job, string stage, FaultKind kind, string reason);

    [LoggerMessage(441, LogLevel.Error, "Job {Job} has failed: the gateway failed")]
    private static partial void LogBroken(ILogger logger, Exception exception, string job);

    [LoggerMessage(442, LogLevel.Information, "Job {Job} is tried again after attempt {Attempt}: {Reason}")]
    private static partial void LogReleased(ILogger logger, string job, int attempt, string reason);

    [LoggerMessage(443, LogLevel.Warning, "Job {Job} belongs to another gateway now; what was drawn of it is dropped")]
    private static partial void LogLost(ILogger logger, string job);

    [LoggerMessage(444, LogLevel.Error, "What job {Job} tells, or its end, could not be stored; it will be drawn again")]
    private static partial void LogNotStored(ILogger logger, Exception exception, string job);
}
