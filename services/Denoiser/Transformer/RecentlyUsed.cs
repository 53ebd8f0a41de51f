namespace QwenMesh.Denoiser.Transformer;

/// <summary>A few values by key; the least recently used is dropped first. Safe for use from several threads.</summary>
internal sealed class RecentlyUsed<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Lock _lock = new();

    // Most recent last; so few that a search is cheaper than an index.
    private readonly List<(TKey Key, TValue Value)> _entries = new(capacity);

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> create)
    {
        lock (_lock)
        {
            var found = _entries.FindIndex(entry => EqualityComparer<TKey>.Default.Equals(entry.Key, key));
            var value = found < 0 ? create(key) : _entries[found].Value;
            if (found >= 0 || _entries.Count == capacity)
            {
                _entries.RemoveAt(Math.Max(found, 0));
            }
            _entries.Add((key, value));
            return value;
        }
    }
}
