using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>Where weights come from: the files of a checkpoint, or a recorder of names and shapes.</summary>
internal interface IWeightSource
{
    bool Has(string name);

    /// <summary>Of all tensors.</summary>
    long Elements { get; }

    /// <exception cref="CheckpointException">Missing, of another shape, or not F32, F16 or BF16.</exception>
    HostTensor Take(string name, Shape shape);

    /// <summary>Names that nothing has taken, in order.</summary>
    IEnumerable<string> Untaken();

    /// <summary>The file or folder that an error about a tensor names.</summary>
    string FileOf(string name);
}

/// <summary>A tensor that a model asked for.</summary>
/// <param name="Name">Full name.</param>
/// <param name="Shape">The demanded shape.</param>
public sealed record RecordedWeight(string Name, Shape Shape);
