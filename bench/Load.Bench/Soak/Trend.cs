namespace QwenMesh.Load.Bench.Soak;

/// <summary>Whether something grows.</summary>
/// <param name="First">Median of the first quarter of the samples.</param>
/// <param name="Last">Median of the last quarter.</param>
/// <param name="PerHour">Slope of the least squares.</param>
internal sealed record Trend(double First, double Last, double PerHour)
{
    /// <param name="samples">In the order of their times; two at least.</param>
    public static Trend Of(IReadOnlyList<(TimeSpan At, double Value)> samples)
    {
        var quarter = Math.Max(1, samples.Count / 4);
        var (hour, value) = (samples.Average(sample => sample.At.TotalHours), samples.Average(sample => sample.Value));
        var slope = samples.Sum(sample => (sample.At.TotalHours - hour) * (sample.Value - value)) / samples.Sum(sample => Math.Pow(sample.At.TotalHours - hour, 2));
        return new Trend(
            Quantile.Median(samples.Take(quarter).Select(sample => sample.Value)),
            Quantile.Median(samples.TakeLast(quarter).Select(sample => sample.Value)),
            slope);
    }
}
