using System.Collections.Concurrent;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// A caller in this process who waits for a job. When the job runs in this process too, which is the rule, events and pictures reach the caller
/// directly; else through the store.
/// </summary>
internal sealed class LocalCall(IGenerationProgress? progress)
{
    private readonly TaskCompletionSource<LocalEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isHere;

    public IGenerationProgress? Progress => progress;

    /// <summary>Whether the job runs in this process now.</summary>
    public bool IsHere
    {
        get => _isHere;
        set => _isHere = value;
    }

    public Task<LocalEnd> Ended => _ended.Task;

    public void End(LocalEnd end) => _ended.TrySetResult(end);
}

/// <param name="Job">As it has ended.</param>
/// <param name="Result">Null unless it has succeeded.</param>
/// <param name="Fault">Null when it has succeeded.</param>
internal sealed record LocalEnd(Job Job, GenerationResult? Result, GenerationFault? Fault);

/// <summary>All callers of this process, by the ids of their jobs.</summary>
internal sealed class LocalCalls
{
    private readonly ConcurrentDictionary<string, LocalCall> _calls = new(StringComparer.Ordinal);

    public bool IsEmpty => _calls.IsEmpty;

    public LocalCall? Find(string job) => _calls.GetValueOrDefault(job);

    public void Add(string job, LocalCall call) => _calls[job] = call;

    public void Remove(string job) => _calls.TryRemove(job, out _);
}
