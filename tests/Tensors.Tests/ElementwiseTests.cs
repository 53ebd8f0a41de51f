namespace QwenMesh.Tensors.Tests;

public class ElementwiseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(4096)]
    [InlineData(50_001)]
    public void Silu_agrees(int count) => Engines.Agree(
        backend =>
        {
            using var scope = new TensorScope(backend);
            var x = scope.From(Engines.Random(count, 1, 5), [count]);
            backend.Silu(x, x);
            return x.ToArray(backend);
        },
        1e-6, $"SiLU of {count}");

    [Theory]
    [InlineData(1)]
    [InlineData(4099)]
    public void Sums_and_Euler_steps_round_as_plain_loops_do(int count)
    {
        using var scalar = Engines.Scalar();
        foreach (var level in Engines.Levels)
        {
            using var backend = Engines.At(level);
            Assert.Equal(Run(scalar), Run(backend));
        }

        float[] Run(Cpu.CpuBackend backend)
        {
            using var scope = new TensorScope(backend);
            var (x, y) = (scope.From(Engines.Random(count, 1), [count]), scope.From(Engines.Random(count, 2), [1, count]));
            backend.Add(x, y);
            backend.EulerStep(x, y, -0.0371f);
            return x.ToArray(backend);
        }
    }

    [Fact]
    public void Activations_follow_their_tails()
    {
        // Beyond every branch: overflow of the exponential, zero, tiny and huge values.
        float[] points = [-200, -90, -30, -13, -10.5f, -8, -5.5f, -5, -3, -1, -0.5f, -1e-3f, -1e-20f, 0, 1e-20f, 1e-3f, 0.5f, 1, 3, 5.5f, 9, 30, 200];
        foreach (var activation in new[] { Activation.Silu, Activation.GeluTanh, Activation.GeluErf })
        {
            var expected = points.Select(x => Cpu.Kernels.ScalarMath.Activate(x, activation)).ToArray();
            foreach (var level in Engines.Levels)
            {
                using var backend = Engines.At(level);
                using var scope = new TensorScope(backend);
                using var one = backend.LoadLinear(Engines.Stored("w", DType.Float32, [1, 1], 1) with { Bytes = BitConverter.GetBytes(1f) }, null);
                var x = scope.From(points, [points.Length, 1]);
                var into = scope.Empty([points.Length, 1]);
                backend.Linear(x, one, into, activation);
                var found = into.ToArray(backend);
                for (var i = 0; i < points.Length; i++)
                {
                    var allowed = (2e-6 * Math.Abs(expected[i])) + 2e-7;
                    Assert.True(Math.Abs(found[i] - expected[i]) <= allowed, $"{activation}({points[i]}) at {level}: {found[i]}, expected {expected[i]}");
                }
            }
        }
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(-1.0, -0.8427007929497149)]
    [InlineData(2.4, 0.9993114861033549)]
    [InlineData(2.6, 0.9997639655834707)]
    [InlineData(4.0, 0.9999999845827421)]
    [InlineData(7.0, 1.0)]
    public void The_error_function_is_the_tabulated_one(double x, double expected) =>
        Assert.Equal(expected, Cpu.Kernels.ScalarMath.Erf(x), 1e-14);

    [Fact]
    public void Rgb_bytes_round_half_to_even_and_clamp()
    {
        float[] points = [-1, 1, 0, -2, 2, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0.99607843f, 1 / 255f, .. Engines.Random(5000, 3)];
        var expected = points.Select(x => float.IsNaN(x) ? (byte)0 : (byte)MathF.Round(Math.Clamp((0.5f * x) + 0.5f, 0, 1) * 255)).ToArray();
        foreach (var level in Engines.Levels)
        {
            using var backend = Engines.At(level);
            using var scope = new TensorScope(backend);
            var into = scope.Empty([points.Length], DType.UInt8);
            backend.ToRgb8(scope.From(points, [points.Length]), into);
            var bytes = new byte[points.Length];
            backend.Read(into, bytes);
            Assert.Equal(expected, bytes);
        }
    }
}
