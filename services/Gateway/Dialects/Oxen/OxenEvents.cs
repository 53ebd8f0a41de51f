using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>
/// GET /api/events: the caller's generations as they end. The vendor's clients submit first and connect then, so what has ended in the last minutes is told
/// again; they look for their id and leave at the first match.
/// </summary>
internal sealed class OxenEvents(JobEnds ends, OxenGenerations generations, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Replayed = TimeSpan.FromMinutes(5);

    // The vendor's.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);

    // The vendor's sample reads with awk, and mawk, Debian's, waits for 4 KiB of a pipe before it looks at any of it.
    private static readonly string Padding = new(' ', 4096);

    public async Task WriteAsync(DialectCall call)
    {
        var events = new ServerSentEvents(call.Context);
        await events.StartAsync();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, lifetime.ApplicationStopping);
        try
        {
            await foreach (var job in ends.WatchAsync(call.Owner, OxenGenerations.Dialect, time.GetUtcNow() - Replayed, Idle, ending.Token))
            {
                if (job is null)
                {
                    await events.CommentAsync("keep-alive");
                }
                else if (job.State != JobState.Cancelled)
                {
                    var generation = await generations.ReadAsync(job, call.BaseAddress, ending.Token);
                    await events.WriteAsync("media_generation_completed", generation.WriteEvent, Padding);
                }
            }
        }
        catch (OperationCanceledException) when (!call.Aborted.IsCancellationRequested && ending.IsCancellationRequested)
        {
            // This Gateway ends; the client connects to another one.
        }
    }
}
