using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Artifacts;

/// <summary>
/// One tensor as one stage has sent it, complete: its header and its chunks, held for the stages that read it. The bytes are never looked at; chunks that
/// are sent again are the objects that were received. In memory or, when that is short, in a file.
/// </summary>
internal sealed class Artifact : IDisposable
{
    private readonly ArtifactStore _store;
    private volatile SpilledChunks? _spilled;
    private volatile IReadOnlyList<TensorChunk>? _inMemory;
    private int _readers;
    private int _disposed;

    internal Artifact(ArtifactStore store, string key, TensorHeader header, IReadOnlyList<TensorChunk> chunks, long bytes)
    {
        (_store, Key, Header, Bytes) = (store, key, header, bytes);
        _inMemory = chunks;
    }

    public string Key { get; }

    public TensorHeader Header { get; }

    /// <summary>Bytes in memory, or of the file.</summary>
    public long Bytes { get; }

    public bool IsSpilled => _spilled is not null;

    internal bool IsRead => Volatile.Read(ref _readers) > 0;

    /// <summary>Its frames under another id, name and index.</summary>
    public async IAsyncEnumerable<TensorFrame> ReadAsync(uint id, string name, int index)
    {
        Interlocked.Increment(ref _readers);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            var header = Header.Clone();
            (header.Name, header.Index) = (name, (uint)index);
            yield return new TensorFrame { TensorId = id, Header = header };
            if (_inMemory is { } chunks)
            {
                foreach (var chunk in chunks)
                {
                    yield return new TensorFrame { TensorId = id, Chunk = chunk };
                }
                yield break;
            }
            await foreach (var chunk in _spilled!.ReadAsync())
            {
                yield return new TensorFrame { TensorId = id, Chunk = chunk };
            }
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    /// <summary>All of its bytes, copied.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadBytesAsync()
    {
        var bytes = new byte[Header.ByteLength];
        await foreach (var frame in ReadAsync(id: 0, Header.Name, index: 0))
        {
            frame.Chunk?.Data.Span.CopyTo(bytes.AsSpan((int)frame.Chunk.Offset));
        }
        return bytes;
    }

    /// <summary>Nobody reads it any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _store.Remove(this);
            _inMemory = null;
            _spilled?.Dispose();
        }
    }

    /// <summary>Moves the chunks to a file. Readers that have begun keep what they read.</summary>
    internal void Spill(string folder)
    {
        if (_inMemory is { } chunks)
        {
            _spilled = SpilledChunks.Write(folder, chunks);
            _inMemory = null;
        }
    }
}
