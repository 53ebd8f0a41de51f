namespace QwenMesh.Imaging;

/// <summary>
/// Fixed-point weights of one axis (docs/model.md 9.3): output i is the sum of <c>Weights[i·Taps + k]·input[First[i] + k]</c> for k below
/// <c>Counts[i]</c>, at <see cref="Precision"/> fraction bits.
/// </summary>
internal sealed class AxisWeights
{
    private const int PillowPrecision = 22;

    private AxisWeights(int taps, int[] first, int[] counts, int[] weights, int precision) =>
        (Taps, First, Counts, Weights, Precision) = (taps, first, counts, weights, precision);

    public int Taps { get; }

    public int[] First { get; }

    public int[] Counts { get; }

    public int[] Weights { get; }

    public int Precision { get; }

    /// <summary>Pillow's: 22 fraction bits (src/libImaging/Resample.c).</summary>
    public static AxisWeights Pillow(int inputs, int outputs, ResamplingFilter filter) =>
        Make(inputs, outputs, filter, static _ => PillowPrecision);

    /// <summary>
    /// torchvision's on bytes: as many fraction bits, at most Pillow's, as let the axis' largest weight fit 16 bits
    /// (aten/src/ATen/native/cpu/UpSampleKernel.cpp).
    /// </summary>
    public static AxisWeights Torch(int inputs, int outputs, ResamplingFilter filter) =>
        Make(inputs, outputs, filter, static largest =>
        {
            var precision = 0;
            while (precision < PillowPrecision && (int)(0.5 + (largest * (1 << (precision + 1)))) < 1 << 15)
            {
                precision++;
            }
            return precision;
        });

    private static AxisWeights Make(int inputs, int outputs, ResamplingFilter filter, Func<double, int> precisionOf)
    {
        var scale = (double)inputs / outputs;
        var stretch = Math.Max(scale, 1);
        var support = filter.Support * stretch;
        var taps = ((int)Math.Ceiling(support) * 2) + 1;
        var (first, counts) = (new int[outputs], new int[outputs]);
        var exact = new double[checked(outputs * taps)];
        for (var i = 0; i < outputs; i++)
        {
            var centre = (i + 0.5) * scale;
            var low = Math.Max(0, (int)(centre - support + 0.5));
            var high = Math.Min(inputs, (int)(centre + support + 0.5));
            var row = exact.AsSpan(i * taps, high - low);
            var sum = 0.0;
            for (var k = 0; k < row.Length; k++)
            {
                row[k] = filter.Weight((k + low - centre + 0.5) / stretch);
                sum += row[k];
            }
            for (var k = 0; k < row.Length; k++)
            {
                row[k] /= sum;
            }
            (first[i], counts[i]) = (low, row.Length);
        }

        var precision = precisionOf(exact.Max());
        var weights = Array.ConvertAll(exact, value => (int)((value * (1 << precision)) + (value < 0 ? -0.5 : 0.5)));
        return new AxisWeights(taps, first, counts, weights, precision);
    }
}
