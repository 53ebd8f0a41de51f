namespace QwenMesh.Kernels.Bench;

/// <summary>The same values in every run.</summary>
internal static class RandomValues
{
    /// <summary>Uniform in [-0.5, 0.5).</summary>
    public static float[] Floats(int count)
    {
        var random = new Random(1);
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)random.NextDouble() - 0.5f;
        }
        return values;
    }
}
