using QwenMesh.Gateway.Artifacts;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Stages;

/// <summary>
/// The tensors of one answer, routed by id into the store. Those of an answer that fails are given back when this is disposed.
/// </summary>
/// <param name="store">Takes them.</param>
/// <param name="key">Key of an announced tensor; null for one that is not part of the contract.</param>
/// <param name="mostBytes">Bytes of one tensor.</param>
internal sealed class IncomingTensors(ArtifactStore store, Func<TensorHeader, string?> key, long mostBytes) : IDisposable
{
    private readonly Dictionary<uint, ArtifactWriter> _writers = [];

    /// <summary>Takes the next frame.</summary>
    /// <returns>The tensor that the frame has completed; null when it has completed none.</returns>
    /// <exception cref="InvalidDataException">The frame breaks the contract.</exception>
    /// <exception cref="WireFormatException">Its bytes have changed on their way.</exception>
    public ArtifactWriter? Accept(TensorFrame frame)
    {
        if (frame.Header is { } header)
        {
            if (_writers.Values.Any(other => other.Header.Name == header.Name && other.Header.Index == header.Index))
            {
                throw new InvalidDataException($"two tensors '{Protocol.Echo.Name(header.Name)}' {header.Index}");
            }
            var writer = store.Begin(key(header) ?? throw new InvalidDataException($"an unknown tensor '{Protocol.Echo.Name(header.Name)}'"), header, mostBytes);
            if (!_writers.TryAdd(frame.TensorId, writer))
            {
                throw new InvalidDataException($"two tensors with the id {frame.TensorId}");
            }
            return null;
        }
        if (frame.Chunk is not { } chunk || !_writers.TryGetValue(frame.TensorId, out var open))
        {
            throw new InvalidDataException("a chunk without a header, or an empty frame");
        }
        if (Crc32C.Compute(chunk.Data.Span) != chunk.Crc32C)
        {
            throw new WireFormatException($"'{open.Header.Name}': checksum mismatch in the chunk at {chunk.Offset}") { IsDamage = true };
        }
        open.Append(chunk);
        return open.IsComplete ? open : null;
    }

    /// <summary>The tensor of this name and index, kept in the store.</summary>
    /// <exception cref="InvalidDataException">It has not come, or not completely.</exception>
    public Artifact Keep(string name, int index = 0) => KeepAll(name, [index])[0];

    /// <summary>Tensors of one name; all of them, or none when one is missing.</summary>
    /// <exception cref="InvalidDataException">One has not come, or not completely.</exception>
    public IReadOnlyList<Artifact> KeepAll(string name, IEnumerable<int> indices)
    {
        var complete = indices.Select(index => Demand(name, index)).ToArray();
        // Not held here any longer, so that the memory is free when the artifact is.
        return Array.ConvertAll(complete, id => _writers.Remove(id, out var writer) ? writer.Keep() : throw new InvalidDataException($"'{name}' was asked for twice"));
    }

    private uint Demand(string name, int index)
    {
        foreach (var (id, writer) in _writers)
        {
            if (writer.Header.Name == name && writer.Header.Index == index)
            {
                return writer.IsComplete ? id : throw writer.Incomplete();
            }
        }
        throw new InvalidDataException($"no tensor '{name}' {index}");
    }

    public void Dispose()
    {
        foreach (var writer in _writers.Values)
        {
            writer.Dispose();
        }
    }
}
