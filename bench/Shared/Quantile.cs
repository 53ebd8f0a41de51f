namespace QwenMesh.Bench;

internal static class Quantile
{
    public static double Of(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min((int)(share * sorted.Length), sorted.Length - 1)];
    }

    public static double Median(IEnumerable<double> values) => Of(values, 0.5);
}
