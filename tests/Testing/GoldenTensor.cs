using QwenMesh.Tensors;

namespace QwenMesh.Testing;

/// <summary>A recorded Float32 tensor, or every <paramref name="Every"/>-th element of one, flattened row-major.</summary>
/// <param name="Name">Name without ".sample".</param>
/// <param name="Shape">Shape of the whole tensor.</param>
/// <param name="Values">The recorded elements.</param>
/// <param name="Every">1 when all elements are recorded.</param>
public sealed record GoldenTensor(string Name, Shape Shape, float[] Values, int Every)
{
    public bool IsSampled => Every > 1;

    /// <summary>All elements; fails for a sampled tensor.</summary>
    public float[] Whole => IsSampled ? throw new InvalidOperationException($"only every {Every}th element of {Name} is recorded") : Values;

    /// <summary>The elements of a whole tensor that were recorded of this one.</summary>
    public float[] Sample(ReadOnlySpan<float> actual)
    {
        if (actual.Length != Shape.Count)
        {
            throw new ArgumentException($"{Name} is {Shape}, {Shape.Count} elements; compared with {actual.Length} elements", nameof(actual));
        }
        var sample = new float[Values.Length];
        for (var i = 0; i < sample.Length; i++)
        {
            sample[i] = actual[i * Every];
        }
        return sample;
    }
}
