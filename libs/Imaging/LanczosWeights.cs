namespace QwenMesh.Imaging;

/// <summary>
/// Fixed-point Lanczos3 weights of one axis, equal to Pillow's (src/libImaging/Resample.c): output i is the sum of
/// <c>Weights[i·Taps + k]·input[First[i] + k]</c> for k below <c>Counts[i]</c>, at <see cref="Precision"/> fraction bits.
/// </summary>
internal sealed class LanczosWeights
{
    public const int Precision = 22;
    private const double Support = 3;

    public LanczosWeights(int inputs, int outputs)
    {
        var scale = (double)inputs / outputs;
        var stretch = Math.Max(scale, 1);
        var support = Support * stretch;
        Taps = ((int)Math.Ceiling(support) * 2) + 1;
        First = new int[outputs];
        Counts = new int[outputs];
        Weights = new int[checked(outputs * Taps)];

        var exact = new double[Taps];
        for (var i = 0; i < outputs; i++)
        {
            var centre = (i + 0.5) * scale;
            var low = Math.Max(0, (int)(centre - support + 0.5));
            var high = Math.Min(inputs, (int)(centre + support + 0.5));
            var sum = 0.0;
            for (var k = 0; k < high - low; k++)
            {
                exact[k] = Filter((k + low - centre + 0.5) / stretch);
                sum += exact[k];
            }
            for (var k = 0; k < high - low; k++)
            {
                var weight = exact[k] / sum * (1 << Precision);
                Weights[(i * Taps) + k] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }
            (First[i], Counts[i]) = (low, high - low);
        }
    }

    public int Taps { get; }

    public int[] First { get; }

    public int[] Counts { get; }

    public int[] Weights { get; }

    private static double Filter(double x) => x is >= -Support and < Support ? Sinc(x) * Sinc(x / Support) : 0;

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
