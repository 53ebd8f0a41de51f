using System.Globalization;
using System.Runtime.InteropServices;
using QwenMesh.Tensors;
using Xunit;

namespace QwenMesh.Testing;

/// <summary>Compares Float32 elements.</summary>
public static class TensorAssert
{
    /// <summary>‖actual − expected‖₂ / ‖expected‖₂ in double; NaN when either holds a NaN, 0 when both are all zero.</summary>
    public static double RelativeError(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0;
        double norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            var d = (double)actual[i] - expected[i];
            difference += d * d;
            norm += (double)expected[i] * expected[i];
        }
        return difference == 0 ? 0 : Math.Sqrt(difference / norm);
    }

    /// <summary>Asserts that the relative error is at most <paramref name="relativeTolerance"/>.</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double relativeTolerance, string what = "tensor")
    {
        Assert.True(expected.Length > 0, $"{what}: nothing to compare");
        Assert.True(expected.Length == actual.Length, $"{what}: expected {expected.Length} elements, found {actual.Length}");
        var error = RelativeError(expected, actual);
        // Written so that NaN fails.
        Assert.True(error <= relativeTolerance, string.Create(
            CultureInfo.InvariantCulture, $"{what}: relative error {error:G4}, at most {relativeTolerance:G4} allowed"));
    }

    /// <summary>
    /// Relative error within the tolerance, and no element further off than ten times that share of the largest. All zeros equal all zeros.
    /// </summary>
    public static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Close(expected, actual, tolerance, what);
        double largest = 0, worst = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            worst = Math.Max(worst, Math.Abs((double)expected[i] - actual[i]));
        }
        Assert.True(worst <= 10 * tolerance * largest, string.Create(
            CultureInfo.InvariantCulture, $"{what}: an element is off by {worst:e2}; values are up to {largest:e2}"));
    }

    /// <summary>The same for a recorded tensor, of which perhaps only a sample is known. The tolerance is for Float32.</summary>
    public static void Close(GoldenTensor expected, ReadOnlySpan<float> actual, double relativeTolerance) => Close(
        expected.Values, expected.Sample(actual), TestEngine.IsBFloat16 ? TestEngine.BFloat16Tolerance : relativeTolerance, expected.Name);

    /// <summary>The same for a tensor of an engine.</summary>
    public static void Close(GoldenTensor expected, Tensor actual, TensorBackend backend, double relativeTolerance) =>
        Close(expected, Read(actual, backend), relativeTolerance);

    /// <summary>Asserts that all elements have the same bits.</summary>
    public static void Exact(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what = "tensor")
    {
        Assert.True(expected.Length == actual.Length, $"{what}: expected {expected.Length} elements, found {actual.Length}");
        var expectedBits = MemoryMarshal.Cast<float, uint>(expected);
        var actualBits = MemoryMarshal.Cast<float, uint>(actual);
        var same = expectedBits.CommonPrefixLength(actualBits);
        Assert.True(same == expected.Length, same == expected.Length ? "" : string.Create(
            CultureInfo.InvariantCulture, $"{what}: element {same}: expected {expected[same]:R}, found {actual[same]:R}"));
    }

    /// <summary>Exact comparison with a recorded tensor.</summary>
    public static void Exact(GoldenTensor expected, ReadOnlySpan<float> actual) =>
        Exact(expected.Values, expected.Sample(actual), expected.Name);

    /// <summary>A Float32 tensor's elements.</summary>
    public static float[] Read(Tensor tensor, TensorBackend backend)
    {
        var elements = new float[tensor.Shape.Count];
        backend.Read(tensor, elements);
        return elements;
    }
}
