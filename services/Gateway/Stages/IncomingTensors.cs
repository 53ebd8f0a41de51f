using QwenMesh.Gateway.Artifacts;
using QwenMesh.Protocol.V1;

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
    public ArtifactWriter? Accept(TensorFrame frame)
    {
        if (frame.Header is { } header)
        {
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
        open.Append(chunk);
        return open.IsComplete ? open : null;
    }

    /// <summary>The tensor of this name and index, kept in the store.</summary>
    /// <exception cref="InvalidDataException">It has not come, or not completely.</exception>
    public Artifact Keep(string name, int index = 0) =>
        (_writers.Values.FirstOrDefault(writer => writer.Header.Name == name && writer.Header.Index == index)
            ?? throw new InvalidDataException($"no tensor '{name}' {index}")).Keep();

    public void Dispose()
    {
        foreach (var writer in _writers.Values)
        {
            writer.Dispose();
        }
    }
}
