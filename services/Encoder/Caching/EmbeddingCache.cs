namespace QwenMesh.Encoder.Caching;

/// <summary>
/// Keeps the most recently used prompt embeddings within a number of bytes, and computes each only once when several calls ask for it at the
/// same time. A computation is cancelled when its last caller has stopped waiting for it.
/// </summary>
internal sealed class EmbeddingCache(long capacityBytes)
{
    /// <summary>Rough cost of an entry besides its numbers.</summary>
    private const long EntryOverhead = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<EmbeddingKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _mostRecentFirst = new();
    private readonly Dictionary<EmbeddingKey, Flight> _flights = [];
    private long _bytes;

    /// <summary>Bytes kept now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Takes the embeddings from the cache, joins the computation that is running, or starts one.</summary>
    public async Task<(PromptEmbeds Embeds, CacheOutcome Outcome)> GetOrComputeAsync(
        EmbeddingKey key, Func<CancellationToken, Task<PromptEmbeds>> computeAsync, CancellationToken cancellationToken)
    {
        Flight? flight;
        CacheOutcome outcome;
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var kept))
            {
                _mostRecentFirst.Remove(kept);
                _mostRecentFirst.AddFirst(kept);
                return (kept.Value.Embeds, CacheOutcome.Hit);
            }
            outcome = CacheOutcome.Joined;
            if (!_flights.TryGetValue(key, out flight))
            {
                outcome = CacheOutcome.Computed;
                flight = new Flight();
                _flights.Add(key, flight);
                var started = flight;
                flight.Task = Task.Run(() => FlyAsync(key, started, computeAsync), CancellationToken.None);
            }
            flight.Waiting++;
        }
        try
        {
            return (await flight.Task.WaitAsync(cancellationToken), outcome);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    private async Task<PromptEmbeds> FlyAsync(EmbeddingKey key, Flight flight, Func<CancellationToken, Task<PromptEmbeds>> computeAsync)
    {
        try
        {
            var embeds = await computeAsync(flight.Abandoned.Token);
            lock (_lock)
            {
                Keep(key, embeds);
                Land(key, flight);
            }
            return embeds;
        }
        catch
        {
            lock (_lock)
            {
                Land(key, flight);
            }
            throw;
        }
    }

    private void Leave(EmbeddingKey key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Waiting > 0)
            {
                return;
            }
            // Removed before it is cancelled, so that no later call joins it and gets the cancellation.
            Land(key, flight);
        }
        if (!flight.Task.IsCompleted)
        {
            // Observes the exception; no caller is left to get it.
            _ = flight.Task.ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            flight.Abandoned.Cancel();
        }
    }

    private void Land(EmbeddingKey key, Flight flight)
    {
        if (_flights.TryGetValue(key, out var current) && current == flight)
        {
            _flights.Remove(key);
        }
    }

    private void Keep(EmbeddingKey key, PromptEmbeds embeds)
    {
        var bytes = embeds.Bytes.Length + key.Bytes + EntryOverhead;
        if (bytes > capacityBytes || _entries.ContainsKey(key))
        {
            return;
        }
        while (_bytes + bytes > capacityBytes)
        {
            var oldest = _mostRecentFirst.Last!;
            _mostRecentFirst.RemoveLast();
            _entries.Remove(oldest.Value.Key);
            _bytes -= oldest.Value.Bytes;
        }
        _entries.Add(key, _mostRecentFirst.AddFirst(new Entry(key, embeds, bytes)));
        _bytes += bytes;
    }

    private sealed record Entry(EmbeddingKey Key, PromptEmbeds Embeds, long Bytes);

    private sealed class Flight
    {
        // Not disposed: a source without timer or wait handle needs no disposal, and the computation may outlive its last caller.
        public CancellationTokenSource Abandoned { get; } = new();

        public Task<PromptEmbeds> Task { get; set; } = null!;

        public int Waiting { get; set; }
    }
}

/// <summary>Where embeddings came from.</summary>
internal enum CacheOutcome
{
    /// <summary>This call computed them.</summary>
    Computed,

    /// <summary>They were kept.</summary>
    Hit,

    /// <summary>Another call was computing them.</summary>
    Joined,
}
