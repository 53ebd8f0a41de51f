using System.Runtime.InteropServices;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Tests;

/// <summary>An engine on its scalar loops and the engines under test, random data, and the comparison of the two.</summary>
internal static class Engines
{
    public static CpuBackend Scalar() => new(new CpuOptions { Scalar = true, Threads = 2 });

    /// <summary>One engine for each vector width that this processor has.</summary>
    public static IEnumerable<SimdLevel> Levels =>
        Enum.GetValues<SimdLevel>().Where(level => level > SimdLevel.Scalar && level <= SimdLevels.Detected);

    public static CpuBackend At(SimdLevel level, int threads = 2) => new(new CpuOptions { Simd = level, Threads = threads });

    public static float[] Random(int count, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2) * scale;
        }
        return values;
    }

    /// <summary>A stored tensor with random elements of the type.</summary>
    public static HostTensor Stored(string name, DType dtype, Shape shape, int seed, float scale = 1)
    {
        var values = Random((int)shape.Count, seed, scale);
        byte[] bytes = dtype switch
        {
            DType.Float32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
            DType.Float16 => MemoryMarshal.AsBytes<Half>(values.Select(value => (Half)value).ToArray()).ToArray(),
            DType.BFloat16 => MemoryMarshal.AsBytes<ushort>(
                values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray()).ToArray(),
            _ => throw new ArgumentOutOfRangeException(nameof(dtype)),
        };
        return new HostTensor(name, dtype, shape, bytes);
    }

    /// <summary>A stored Float32 tensor with these elements.</summary>
    public static HostTensor Stored(string name, Shape shape, float[] values) =>
        new(name, DType.Float32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());

    public static float[] ToArray(this Tensor tensor, CpuBackend backend)
    {
        var values = new float[tensor.Shape.Count];
        backend.Read(tensor, values);
        return values;
    }

    /// <summary>Runs the same operation on the scalar loops and at every width; checks that they agree and that nothing is left alive.</summary>
    public static void Agree(Func<CpuBackend, float[]> operation, double tolerance, string what)
    {
        using var scalar = Scalar();
        var expected = operation(scalar);
        Assert.Equal(0, scalar.LiveTensors);
        foreach (var level in Levels)
        {
            using var backend = At(level);
            Close(expected, operation(backend), tolerance, $"{what} at {level}");
            Assert.Equal(0, backend.LiveTensors);
        }
    }

    /// <summary>‖a − b‖/‖b‖ within the tolerance, and no element further off than that share of the largest times ten.</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, double tolerance, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        double difference = 0, norm = 0, largest = 0, worst = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            var d = Math.Abs((double)expected[i] - found[i]);
            Assert.False(double.IsNaN(d), $"{what}: element {i} is {found[i]}, expected {expected[i]}");
            difference += d * d;
            norm += (double)expected[i] * expected[i];
            largest = Math.Max(largest, Math.Abs(expected[i]));
            worst = Math.Max(worst, d);
        }
        Assert.True(Math.Sqrt(difference) <= tolerance * Math.Sqrt(norm), $"{what}: relative difference {Math.Sqrt(difference / norm):e2}");
        Assert.True(worst <= 10 * tolerance * largest, $"{what}: largest difference {worst:e2} of values up to {largest:e2}");
    }
}
