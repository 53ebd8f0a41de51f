namespace QwenMesh.Encoder.Caching;

/// <summary>
/// Everything that decides prompt embeddings of a loaded model: the tokens that it reads, and how many rows are dropped. Prompts that are
/// cut to the same tokens share an entry.
/// </summary>
internal sealed class EmbeddingKey : IEquatable<EmbeddingKey>
{
    private readonly int[] _ids;
    private readonly int _dropped;
    private readonly int _hash;

    public EmbeddingKey(IEnumerable<int> ids, int dropped)
    {
        _ids = [.. ids];
        _dropped = dropped;
        // HashCode is seeded at random for each process, so that prompts cannot be chosen to collide.
        var hash = new HashCode();
        hash.Add(dropped);
        foreach (var id in _ids)
        {
            hash.Add(id);
        }
        _hash = hash.ToHashCode();
    }

    public long Bytes => (long)_ids.Length * sizeof(int);

    public bool Equals(EmbeddingKey? other) =>
        other is not null && _hash == other._hash && _dropped == other._dropped && _ids.AsSpan().SequenceEqual(other._ids);

    public override bool Equals(object? obj) => Equals(obj as EmbeddingKey);

    public override int GetHashCode() => _hash;
}
