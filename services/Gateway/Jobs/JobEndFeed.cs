using System.Threading.Channels;

namespace QwenMesh.Gateway.Jobs;

/// <summary>Reads the ends of the jobs of one owner and dialect from the store, once for all who listen; ends when the last one has left.</summary>
internal sealed class JobEndFeed(
    IJobStore store, JobSignals signals, string owner, string dialect, JobOptions options, TimeProvider time, Action<JobEndFeed> ended)
    : IDisposable
{
    // Transactions that are stored in parallel become visible in about the order of their times. What comes later still is found at the next wide look.
    private static readonly TimeSpan UsualOverlap = TimeSpan.FromSeconds(0.2);

    private readonly CancellationTokenSource _left = new();
    private readonly List<JobEndListener> _listeners = [];
    private bool _isOver;

    public string Owner => owner;

    public string Dialect => dialect;

    /// <summary>Null when it has ended.</summary>
    public JobEndListener? Join()
    {
        lock (_listeners)
        {
            if (_isOver)
            {
                return null;
            }
            var listener = new JobEndListener(this);
            _listeners.Add(listener);
            return listener;
        }
    }

    public void Leave(JobEndListener listener)
    {
        lock (_listeners)
        {
            _listeners.Remove(listener);
            if (_listeners.Count == 0 && !_isOver)
            {
                _isOver = true;
                _ = _left.CancelAsync(); // Elsewhere: what follows from it takes locks.
            }
        }
    }

    public void Start() => _ = Task.Run(RunAsync);

    /// <summary>Done by itself at its end.</summary>
    public void Dispose() => _left.Dispose();

    private async Task RunAsync()
    {
        Exception? failure = null;
        try
        {
            await ReadAsync(_left.Token);
        }
        catch (Exception exception)
        {
            failure = exception;
        }
        JobEndListener[] left;
        lock (_listeners)
        {
            _isOver = true;
            left = [.. _listeners];
            _listeners.Clear();
        }
        ended(this);
        // A store that fails fails those who listen, as if each had asked it.
        Array.ForEach(left, listener => listener.End(failure));
        Dispose();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var poll = TimeSpan.FromSeconds(options.PollSeconds);
        var told = new ToldEnds(time.GetUtcNow());
        for (long? wide = null; ;)
        {
            var next = signals.Ended.Next;
            var isWide = wide is not { } last || time.GetElapsedTime(last) >= poll;
            wide = isWide ? time.GetTimestamp() : wide;
            var jobs = await store.ListAllEndedAsync(owner, dialect, told.Newest - (isWide ? ToldEnds.Overlap : UsualOverlap), cancellationToken);
            Tell([.. jobs.Where(told.Add)]);
            using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(next, Task.Delay(poll, time, woken.Token));
            await woken.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void Tell(Job[] jobs)
    {
        lock (_listeners)
        {
            foreach (var job in jobs)
            {
                _listeners.RemoveAll(listener => !listener.Tell(job));
            }
        }
    }
}

/// <summary>One who listens to a feed. Dispose of it at the end.</summary>
internal sealed class JobEndListener(JobEndFeed feed) : IDisposable
{
    // A client that reads nothing holds no more than this.
    private const int MostUnread = 4096;

    private readonly Channel<Job> _ended = Channel.CreateBounded<Job>(new BoundedChannelOptions(MostUnread) { SingleReader = true, SingleWriter = true });

    /// <summary>Completes when it is too far behind; fails when the store cannot be read.</summary>
    public ChannelReader<Job> Ended => _ended.Reader;

    /// <summary>False when it is too far behind: it is told nothing more.</summary>
    public bool Tell(Job job)
    {
        if (_ended.Writer.TryWrite(job))
        {
            return true;
        }
        _ended.Writer.TryComplete();
        return false;
    }

    public void End(Exception? failure) => _ended.Writer.TryComplete(failure);

    public void Dispose() => feed.Leave(this);
}
