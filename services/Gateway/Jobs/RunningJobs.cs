using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Jobs;

/// <summary>The jobs that this process runs.</summary>
internal sealed class RunningJobs(IOptions<GatewayOptions> options)
{
    private readonly ConcurrentDictionary<string, RunningJob> _jobs = new(StringComparer.Ordinal);

    /// <summary>How many more it may begin.</summary>
    public int Room => Math.Max(0, options.Value.MaxConcurrentGenerations - Count);

    public bool HasRoom => Room > 0;

    /// <summary>Raised when a place is free again.</summary>
    public Signal Freed { get; } = new();

    /// <summary>Those that take a place.</summary>
    public int Count => _jobs.Count(job => job.Value.HasPlace);

    public bool Has(string id) => _jobs.ContainsKey(id);

    /// <summary>As <see cref="Has(string)"/>, and false for another attempt.</summary>
    public bool Has(JobClaim claim) => _jobs.TryGetValue(claim.Id, out var job) && job.Claim == claim;

    public IReadOnlyList<JobClaim> Claims => [.. _jobs.Values.Select(job => job.Claim)];

    public IReadOnlyList<Task> Ends => [.. _jobs.Values.Select(job => job.Ended)];

    public RunningJob Add(ClaimedJob claimed) => _jobs[claimed.Claim.Id] = new RunningJob(claimed.Claim, Freed);

    public void Remove(RunningJob job)
    {
        _jobs.TryRemove(new KeyValuePair<string, RunningJob>(job.Claim.Id, job));
        job.Dispose();
        Freed.Raise();
    }

    /// <summary>Ends a job's running step, for a reason; nothing when it does not run here.</summary>
    public void Stop(string id, StopReason reason)
    {
        if (_jobs.TryGetValue(id, out var job))
        {
            job.Stop(reason);
        }
    }

    /// <summary>As <see cref="Stop(string, StopReason)"/>, and nothing when it is another attempt that runs here.</summary>
    public void Stop(JobClaim claim, StopReason reason)
    {
        if (_jobs.TryGetValue(claim.Id, out var job) && job.Claim == claim)
        {
            job.Stop(reason);
        }
    }

    public void StopAll(StopReason reason)
    {
        foreach (var job in _jobs.Values)
        {
            job.Stop(reason);
        }
    }
}

/// <summary>Why a running job is stopped.</summary>
internal enum StopReason
{
    None,

    /// <summary>Its client asks for it.</summary>
    Cancelled,

    /// <summary>Another Gateway has it now.</summary>
    Lost,

    /// <summary>This process ends; another one shall take it.</summary>
    HandedBack,
}

/// <summary>One of them.</summary>
internal sealed class RunningJob(JobClaim claim, Signal freed) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reason;
    private volatile bool _hasPlace = true;

    public JobClaim Claim => claim;

    public CancellationToken Stopped => _stop.Token;

    /// <summary>The first reason that was given.</summary>
    public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    public Task Ended => _ended.Task;

    /// <summary>Whether it counts among those that run at a time.</summary>
    public bool HasPlace => _hasPlace;

    /// <summary>Its end is stored: the next one may begin, whatever is left to tidy up.</summary>
    public void FreePlace()
    {
        _hasPlace = false;
        freed.Raise();
    }

    public void Stop(StopReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None) == (int)StopReason.None)
        {
            try
            {
                _stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended by itself.
            }
        }
    }

    public void Dispose()
    {
        _ended.TrySetResult();
        _stop.Dispose();
    }
}
