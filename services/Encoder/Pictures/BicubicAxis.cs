namespace QwenMesh.Encoder.Pictures;

/// <summary>Fixed-point bicubic weights of one axis: output i is the sum of <c>Weights[i·Taps + k]·input[First[i] + k]</c> for k below <c>Counts[i]</c>.</summary>
internal sealed class BicubicAxis
{
    private const double Support = 2;
    private const int MaxPrecision = 22;

    private int _precision;

    public required int Taps { get; init; }

    public required int[] First { get; init; }

    public required int[] Counts { get; init; }

    public required int[] Weights { get; init; }

    /// <summary>One half, where sums begin.</summary>
    public int Half => 1 << (_precision - 1);

    public byte Clip(int sum) => (byte)Math.Clamp(sum >> _precision, 0, 255);

    public static BicubicAxis Of(int inputs, int outputs)
    {
        var scale = (double)inputs / outputs;
        var stretch = Math.Max(scale, 1);
        var support = Support * stretch;
        var taps = ((int)Math.Ceiling(support) * 2) + 1;
        var axis = new BicubicAxis { Taps = taps, First = new int[outputs], Counts = new int[outputs], Weights = new int[checked(outputs * taps)] };
        var exact = new double[axis.Weights.Length];
        for (var i = 0; i < outputs; i++)
        {
            var centre = (i + 0.5) * scale;
            var low = Math.Max(0, (int)(centre - support + 0.5));
            var high = Math.Min(inputs, (int)(centre + support + 0.5));
            var weights = exact.AsSpan(i * taps, high - low);
            var sum = 0.0;
            for (var k = 0; k < weights.Length; k++)
            {
                weights[k] = Filter((k + low - centre + 0.5) / stretch);
                sum += weights[k];
            }
            foreach (ref var weight in weights)
            {
                weight /= sum;
            }
            (axis.First[i], axis.Counts[i]) = (low, high - low);
        }
        axis.Quantise(exact);
        return axis;
    }

    /// <summary>As many fraction bits as let the largest weight fit 16 bits.</summary>
    private void Quantise(double[] exact)
    {
        var largest = exact.Max();
        while (_precision < MaxPrecision && 0.5 + (largest * (1 << (_precision + 1))) < 1 << 15)
        {
            _precision++;
        }
        for (var i = 0; i < exact.Length; i++)
        {
            var weight = exact[i] * (1 << _precision);
            Weights[i] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
        }
    }

    private static double Filter(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        return x switch
        {
            < 1 => ((((A + 2) * x) - (A + 3)) * x * x) + 1,
            < 2 => ((((x - 5) * x) + 8) * x - 4) * A,
            _ => 0,
        };
    }
}
