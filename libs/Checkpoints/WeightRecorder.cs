using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>Returns every tensor that is asked for, without bytes, and records the names and shapes.</summary>
internal sealed class WeightRecorder : IWeightSource
{
    private readonly List<RecordedWeight> _taken = [];

    public IReadOnlyList<RecordedWeight> Taken => _taken;

    public long Elements => 0;

    public bool Has(string name) => false;

    public HostTensor Take(string name, Shape shape)
    {
        lock (_taken)
        {
            _taken.Add(new RecordedWeight(name, shape));
        }
        return new HostTensor(name, DType.BFloat16, shape, ReadOnlyMemory<byte>.Empty);
    }

    public IEnumerable<string> Untaken() => [];

    public string FileOf(string name) => "(recorder)";
}
