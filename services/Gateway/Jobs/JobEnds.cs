using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Jobs as they end, wherever they run, for any number of listeners: those of one owner and dialect share a reader of the store.</summary>
internal sealed class JobEnds(IJobStore store, JobSignals signals, IOptions<JobOptions> options, TimeProvider time)
{
    private readonly Dictionary<(string Owner, string Dialect), JobEndFeed> _feeds = [];

    /// <summary>Jobs of an owner as they end, those that have ended after a time first. Never ends by itself.</summary>
    /// <returns>Null when nothing has ended for <paramref name="idle"/>: for a sign of life.</returns>
    public async IAsyncEnumerable<Job?> WatchAsync(
        string owner, string dialect, DateTimeOffset after, TimeSpan idle, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var told = new ToldEnds(after);
        var quiet = time.GetTimestamp();
        while (true)
        {
            // Before the look into the store, so that nothing comes between the two.
            using var listener = Join(owner, dialect);
            foreach (var job in await store.ListAllEndedAsync(owner, dialect, told.Newest - ToldEnds.Overlap, cancellationToken))
            {
                if (told.Add(job))
                {
                    yield return job;
                }
            }
            for (Task<bool>? more = null; ;)
            {
                while (listener.Ended.TryRead(out var job))
                {
                    if (told.Add(job))
                    {
                        quiet = time.GetTimestamp();
                        yield return job;
                    }
                }
                more ??= listener.Ended.WaitToReadAsync(cancellationToken).AsTask();
                if (!await HappensSoonAsync(more, cancellationToken))
                {
                    if (time.GetElapsedTime(quiet) >= idle)
                    {
                        quiet = time.GetTimestamp();
                        yield return null;
                    }
                    continue;
                }
                if (!await more)
                {
                    break; // It was too far behind, and goes on by the store.
                }
                more = null;
            }
        }
    }

    private async Task<bool> HappensSoonAsync(Task task, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(task, Task.Delay(TimeSpan.FromSeconds(options.Value.PollSeconds), time, enough.Token));
        await enough.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == task;
    }

    private JobEndListener Join(string owner, string dialect)
    {
        lock (_feeds)
        {
            if (!_feeds.TryGetValue((owner, dialect), out var feed) || feed.Join() is not { } listener)
            {
                // The first listener, or the first one after the last has left.
                feed = _feeds[(owner, dialect)] = new JobEndFeed(store, signals, owner, dialect, options.Value, time, Forget);
                listener = feed.Join()!;
                feed.Start();
            }
            return listener;
        }
    }

    private void Forget(JobEndFeed feed)
    {
        lock (_feeds)
        {
            if (_feeds.GetValueOrDefault((feed.Owner, feed.Dialect)) == feed)
            {
                _feeds.Remove((feed.Owner, feed.Dialect));
            }
        }
    }
}
