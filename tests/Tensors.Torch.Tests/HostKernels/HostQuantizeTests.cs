namespace QwenMesh.Tensors.Torch.Tests.HostKernels;

/// <summary>The quantising kernel, run on the host: float8 e4m3 with a scale for every row.</summary>
public sealed unsafe class HostQuantizeTests
{
    private const float Largest = 448;

    private readonly HostKernelLauncher _launcher = HostKernelLauncher.OrSkip();

    /// <summary>All numbers of float8 e4m3 by their codes 0 to 126: a sign, four bits of exponent, three of mantissa, and no infinities.</summary>
    private static float[] Numbers { get; } =
        [.. Enumerable.Range(0, 127).Select(code => code < 8 ? code / 512f : MathF.ScaleB(1 + (code % 8 / 8f), (code / 8) - 7))];

    [Fact]
    public void A_number_becomes_the_nearest_one()
    {
        // Every number, what lies halfway between two, and a little to either side. The first column keeps the scale at 1.
        var points = new List<float> { Largest };
        for (var code = 1; code < Numbers.Length; code++)
        {
            var half = (Numbers[code - 1] + Numbers[code]) / 2;
            points.AddRange([Numbers[code], half, MathF.BitDecrement(half), MathF.BitIncrement(half), -half]);
        }
        points.AddRange(new float[16 - (points.Count % 16)]);

        var (codes, scales) = Quantize([.. points], 1);

        Assert.Equal([1f], scales);
        Assert.All(points.Zip(codes), pair => Assert.Equal(Nearest(pair.First), pair.Second));
    }

    [Fact]
    public void Every_row_has_its_own_scale()
    {
        const int Rows = 3, Columns = 48;
        var random = new Random(1);
        var x = new float[Rows * Columns];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = (random.NextSingle() - 0.5f) * MathF.Pow(1000, i / Columns);
        }

        var (codes, scales) = Quantize(x, Rows);

        for (var row = 0; row < Rows; row++)
        {
            var values = x[(row * Columns)..((row + 1) * Columns)];
            Assert.Equal(values.Max(MathF.Abs) / Largest, scales[row], 1e-6f * scales[row]);
            for (var i = 0; i < Columns; i++)
            {
                // Three bits of mantissa: a sixteenth at most; below the smallest normal number half a step.
                var error = MathF.Abs((Number(codes[(row * Columns) + i]) * scales[row]) - values[i]);
                Assert.True(error <= MathF.Max(MathF.Abs(values[i]) / 16, scales[row] / 1024) * 1.001f, $"{values[i]} is off by {error}");
            }
        }
    }

    [Fact]
    public void A_row_of_zeros_stays_zeros()
    {
        var (codes, scales) = Quantize(new float[32], 2);
        Assert.All(codes, code => Assert.Equal(0, code));
        Assert.All(scales, scale => Assert.True(scale > 0));
    }

    private (byte[] Codes, float[] Scales) Quantize(float[] x, int rows)
    {
        var (codes, scales) = (GC.AllocateArray<byte>(x.Length, pinned: true), GC.AllocateArray<float>(rows, pinned: true));
        fixed (float* from = x)
        fixed (byte* into = codes)
        fixed (float* scale = scales)
        {
            _launcher.Launch("quantize_rows_f32", rows, 32, (nint)from, (nint)into, (nint)scale, x.Length / rows);
        }
        return (codes, scales);
    }

    private static float Number(byte code) => code < 128 ? Numbers[code] : -Numbers[code - 128];

    /// <summary>The nearest code; of two that are as near the even one.</summary>
    private static byte Nearest(float value)
    {
        var size = MathF.Abs(value);
        var best = Enumerable.Range(0, Numbers.Length).MinBy(code => (Math.Abs((double)Numbers[code] - size), code % 2));
        return (byte)(best | (float.IsNegative(value) ? 128 : 0));
    }
}
