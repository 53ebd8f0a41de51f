using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>
/// A component's tensors below a prefix. A module takes what it needs by the names that it has in the checkpoint, and says which shape
/// it expects; the component's root then makes sure that nothing is left over. May be used from several threads.
/// </summary>
public sealed class Weights
{
    private readonly IWeightSource _source;
    private readonly string _prefix;

    private Weights(IWeightSource source, string prefix)
    {
        _source = source;
        _prefix = prefix;
    }

    /// <summary>Weights of an opened component. The tensors live as long as the index is open.</summary>
    /// <param name="index">The component's files.</param>
    /// <param name="progress">Told after every tensor that is taken.</param>
    public static Weights From(CheckpointIndex index, IProgress<LoadProgress>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        return new(new StoredWeights(index, progress), "");
    }

    /// <summary>Weights from anywhere, e.g. random ones of a size that no file here has.</summary>
    internal static Weights From(IWeightSource source) => new(source, "");

    /// <summary>
    /// Weights that exist as names and shapes only: every <see cref="Take"/> succeeds, with no bytes, and is added to
    /// <paramref name="taken"/>. <see cref="Has"/> is false for every name, so a module must decide by its configuration.
    /// </summary>
    public static Weights Record(out IReadOnlyList<RecordedWeight> taken)
    {
        var recorder = new WeightRecorder();
        taken = recorder.Taken;
        return new(recorder, "");
    }

    /// <summary>The tensors below <paramref name="prefix"/>, e.g. <c>At("layers.0").At("self_attn")</c>.</summary>
    public Weights At(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return new(_source, $"{_prefix}{prefix}.");
    }

    /// <inheritdoc cref="At(string)"/>
    public Weights At(int index) => new(_source, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_prefix}{index}."));

    /// <summary>Elements of all tensors of the component.</summary>
    public long Elements => _source.Elements;

    public bool Has(string name) => _source.Has(_prefix + name);

    /// <summary>A tensor of exactly this shape, in F32, F16 or BF16 as stored.</summary>
    /// <exception cref="CheckpointException">It is missing, has another shape, or is of another element type.</exception>
    public HostTensor Take(string name, params ReadOnlySpan<int> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _source.Take(_prefix + name, new Shape(shape));
    }

    /// <summary>Demands that every tensor below this prefix has been taken.</summary>
    /// <param name="ignoredPrefixes">Names, relative to this prefix, below which (or at which) tensors may be left, e.g. "lm_head".</param>
    /// <exception cref="CheckpointException">A tensor is left over.</exception>
    public void EnsureAllTaken(params string[] ignoredPrefixes)
    {
        ArgumentNullException.ThrowIfNull(ignoredPrefixes);
        var left = _source.Untaken()
            .Where(name => name.StartsWith(_prefix, StringComparison.Ordinal))
            .Where(name => !ignoredPrefixes.Any(prefix => IsAtOrBelow(name.AsSpan(_prefix.Length), prefix)))
            .Take(5)
            .ToList();
        if (left.Count > 0)
        {
            throw new CheckpointException(
                _source.FileOf(left[0]), left[0], "no tensor that the configured model does not use", string.Join(", ", left));
        }
    }

    private static bool IsAtOrBelow(ReadOnlySpan<char> name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || prefix.EndsWith('.') || name[prefix.Length] == '.');
}
