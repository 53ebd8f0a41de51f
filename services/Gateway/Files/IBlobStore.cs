namespace QwenMesh.Gateway.Files;

/// <summary>
/// Files that outlive a request: pictures of jobs, results, uploads. A folder, or a bucket that several Gateways share. A key is a path of segments of
/// letters, digits, '-', '_' and '.', e.g. "jobs/0198.../result-1-0"; the same key is never
/// written with other bytes, but for checkpoints, of which the last counts.
/// </summary>
internal interface IBlobStore
{
    /// <summary>Keeps bytes; when this returns they are there for every Gateway, also after a crash.</summary>
    /// <exception cref="IOException">They could not be kept.</exception>
    Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken);

    /// <summary>All bytes of a file; null when there is none.</summary>
    /// <exception cref="IOException">It could not be read.</exception>
    Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Forgets every file whose key is <paramref name="prefix"/> or begins with it and a slash.</summary>
    Task DeleteAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>What lies directly below a prefix: the next segment of all keys that begin with the prefix and a slash, in the order of the keys' bytes.</summary>
    /// <exception cref="IOException">It could not be listed.</exception>
    IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken);
}
