using System.Numerics;
using System.Runtime.InteropServices;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>A model's results hold numbers. NaN or an infinity there comes from weights that are not sound; no later part would say so, it would draw black.</summary>
public static class FiniteResult
{
    /// <summary>Elements read from the device at a time.</summary>
    private const int BlockElements = 192 << 10;

    /// <param name="values">The result.</param>
    /// <param name="what">Its name in a sentence, e.g. "the picture".</param>
    /// <exception cref="NotFiniteException">A value is NaN or infinite.</exception>
    public static void Require(ReadOnlySpan<float> values, string what)
    {
        if (!AreFinite(values))
        {
            throw new NotFiniteException(what);
        }
    }

    /// <summary>The same for a tensor of rows that is still on its device, block by block.</summary>
    /// <exception cref="NotFiniteException">A value is NaN or infinite.</exception>
    public static void Require(TensorBackend backend, Tensor result, string what)
    {
        var columns = result.Shape.Columns;
        var rows = (int)(result.Shape.Count / columns);
        var blockRows = Math.Clamp(BlockElements / columns, 1, rows);
        var block = new float[blockRows * columns];
        for (var row = 0; row < rows; row += blockRows)
        {
            var count = Math.Min(blockRows, rows - row);
            var values = block.AsSpan(0, count * columns);
            backend.Read(result.Rows(row, count), values);
            Require(values, what);
        }
    }

    // x * 0 is 0, or NaN for NaN and the infinities; a sum with NaN in it is NaN.
    private static bool AreFinite(ReadOnlySpan<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var sum = Vector<float>.Zero;
        foreach (var vector in vectors)
        {
            sum += vector * Vector<float>.Zero;
        }
        var rest = Vector.Sum(sum);
        foreach (var value in values[(vectors.Length * Vector<float>.Count)..])
        {
            rest += value * 0;
        }
        return float.IsFinite(rest);
    }
}
