using System.Collections.Concurrent;
using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>Weights of a checkpoint's files.</summary>
internal sealed class StoredWeights(CheckpointIndex index, IProgress<LoadProgress>? progress) : IWeightSource
{
    private readonly ConcurrentDictionary<string, bool> _taken = new(StringComparer.Ordinal);

    private readonly long _total = index.Names.Sum(name => index.Find(name)!.Length);
    private long _bytesTaken;

    public long Elements { get; } = index.Names.Sum(name => index.Find(name)!.Shape.Count);

    public bool Has(string name) => index.Find(name) is not null;

    public HostTensor Take(string name, Shape shape)
    {
        var entry = index.Find(name)
            ?? throw new CheckpointException(FileOf(name), name, $"a tensor of shape {shape}", "no tensor of that name");
        if (entry.Shape != shape)
        {
            throw CheckpointException.WrongShape(FileOf(name), name, shape, entry.Shape);
        }
        if (entry.DType is not (DType.Float32 or DType.Float16 or DType.BFloat16))
        {
            throw new CheckpointException(FileOf(name), name, "F32, F16 or BF16", entry.StoredType);
        }
        if (_taken.TryAdd(name, true))
        {
            progress?.Report(new LoadProgress(Interlocked.Add(ref _bytesTaken, entry.Length), _total));
        }
        return index.Read(name);
    }

    public IEnumerable<string> Untaken() => index.Names.Where(name => !_taken.ContainsKey(name)).Order(StringComparer.Ordinal);

    public string FileOf(string name) => index.FileOf(name);
}
