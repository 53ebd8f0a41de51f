namespace QwenMesh.Load.Bench;

internal static class PoissonArrivals
{
    /// <summary>Times of arrivals with exponential gaps, ascending, before the duration's end. The same seed gives the same ones.</summary>
    /// <param name="rate">Arrivals a second.</param>
    /// <param name="duration">After which none comes.</param>
    /// <param name="seed">Of the gaps.</param>
    public static IEnumerable<TimeSpan> Of(double rate, TimeSpan duration, int seed)
    {
        var random = new Random(seed);
        // NextDouble is below 1, so the logarithm is finite.
        for (var at = Gap(); at < duration.TotalSeconds; at += Gap())
        {
            yield return TimeSpan.FromSeconds(at);
        }

        double Gap() => -Math.Log(1 - random.NextDouble()) / rate;
    }
}
