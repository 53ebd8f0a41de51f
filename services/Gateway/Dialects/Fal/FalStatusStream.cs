using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>A request's status as server-sent events, from what it is now to its end. Each one has the lines of the log that those before it had not.</summary>
internal sealed class FalStatusStream(FalQueue queue, JobWatcher watcher, TimeProvider time)
{
    // Proxies close what is silent for a minute.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    public async Task WriteAsync(DialectCall call, Job job, bool withLogs)
    {
        var events = new ServerSentEvents(call.Context);
        await events.StartAsync();
        var past = await queue.EventsAsync(job.Id, call.Aborted);
        // As it was after these; what has happened since is told next.
        job = job with { State = JobState.Queued };
        foreach (var happened in past)
        {
            job = await AfterAsync(call, job, happened);
        }
        await SendAsync(Logs(past));
        if (job.State.IsEnd())
        {
            return;
        }
        await using var next = watcher.WatchAsync(job.Id, past.Count > 0 ? past[^1].Number : 0, call.Aborted).GetAsyncEnumerator(call.Aborted);
        while (await events.WaitAsync(NextAsync(), Quiet, time, "waiting"))
        {
            var known = job.State;
            job = await AfterAsync(call, job, next.Current);
            var lines = Logs([next.Current]);
            if (lines.Length > 0 || job.State != known)
            {
                await SendAsync(lines);
            }
        }

        async Task<bool> NextAsync()
        {
            try
            {
                return await next.MoveNextAsync();
            }
            catch (GenerationException exception) when (exception.Fault == JobFaults.Stopping)
            {
                return false; // The client connects to another Gateway.
            }
        }

        FalLog[] Logs(IEnumerable<JobEvent> happened) => withLogs ? [.. happened.Select(FalLog.Of).OfType<FalLog>()] : [];

        async Task SendAsync(IReadOnlyList<FalLog> lines)
        {
            var status = await queue.StatusAsync(call, job);
            await events.WriteAsync(name: null, json => status.Write(json, lines));
        }
    }

    private static async Task<Job> AfterAsync(DialectCall call, Job job, JobEvent happened) => happened.Data switch
    {
        JobStarted => job with { State = JobState.Running },
        JobRetried => job with { State = JobState.Queued },
        JobEnded => await call.FindJobAsync(job.Id),
        _ => job,
    };
}
