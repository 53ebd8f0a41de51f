using QwenMesh.Tensors;

namespace QwenMesh.Gpu.Bench;

/// <summary>Activations to compute on. Random, because a card that multiplies zeros draws less power and clocks higher.</summary>
internal static class RandomActivations
{
    private const int Period = (1 << 20) + 7;

    public static Tensor Random(this TensorScope scope, Shape shape, DType? dtype = null, int seed = 1) => scope.From(Values(shape.Count, seed), shape, dtype);

    /// <summary>Numbers between −1 and 1.</summary>
    public static float[] Values(long count, int seed = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        var drawn = values.AsSpan(0, (int)Math.Min(count, Period));
        foreach (ref var value in drawn)
        {
            value = (2 * random.NextSingle()) - 1;
        }
        for (long done = drawn.Length; done < count; done += Period)
        {
            var more = (int)Math.Min(Period, count - done);
            drawn[..more].CopyTo(values.AsSpan((int)done, more));
        }
        return values;
    }
}
