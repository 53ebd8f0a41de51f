using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Artifacts;

/// <summary>A tensor while it is received. Memory is charged as its chunks arrive, and given back when it is not kept.</summary>
internal sealed class ArtifactWriter(ArtifactStore store, string key, TensorHeader header, long mostBytes) : IDisposable
{
    // What a chunk costs besides its bytes, roughly.
    private const int ChunkOverhead = 128;

    private readonly List<TensorChunk> _chunks = [];
    private long _received;
    private long _charged;
    private bool _kept;

    public TensorHeader Header => header;

    public bool IsComplete => (ulong)_received == header.ByteLength;

    /// <exception cref="InvalidDataException">Not the next chunk, or more than is relayed.</exception>
    /// <exception cref="Generation.GenerationException">The store is full.</exception>
    public void Append(TensorChunk chunk)
    {
        if (chunk.Offset != (ulong)_received || (ulong)(_received + chunk.Data.Length) > header.ByteLength || chunk.Data.Length == 0)
        {
            throw new InvalidDataException($"the chunk at {chunk.Offset} of '{header.Name}' is not the next one, or too long");
        }
        var cost = chunk.Data.Length + ChunkOverhead;
        if (_charged + cost > mostBytes)
        {
            throw new InvalidDataException($"more than {mostBytes} bytes of tensor frames");
        }
        store.Charge(cost);
        _charged += cost;
        _received += chunk.Data.Length;
        _chunks.Add(chunk);
    }

    /// <exception cref="InvalidDataException">It is not complete.</exception>
    public Artifact Keep()
    {
        if (!IsComplete)
        {
            throw Incomplete();
        }
        var artifact = store.Keep(new Artifact(store, key, header, _chunks, _charged));
        _kept = true;
        return artifact;
    }

    public InvalidDataException Incomplete() => new($"'{header.Name}' ended after {_received} of {header.ByteLength} bytes");

    public void Dispose()
    {
        if (!_kept)
        {
            store.Discharge(_charged);
            _charged = 0;
        }
    }
}
