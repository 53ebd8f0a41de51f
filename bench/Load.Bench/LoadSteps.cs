using System.Globalization;

namespace QwenMesh.Load.Bench;

/// <summary>Poisson arrivals below, at and above the capacity, one after the other; each begins when all of the last one are answered.</summary>
internal static class LoadSteps
{
    private static readonly double[] Loads = [0.5, 0.8, 1.0, 1.2];

    public static async Task MeasureAsync(PictureClient client, Capacity capacity, LoadOptions options)
    {
        Console.WriteLine("| of capacity | offered/s | offered | done | refused, with a time to come back | failed | within twice the solo latency | p50, s | p99, s |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        var failures = "";
        foreach (var load in Loads)
        {
            var due = PoissonArrivals.Of(load * capacity.Rate, options.Duration, options.Seed);
            var came = new Arrivals(await OpenLoop.RunAsync(due, client.DrawAsync, CancellationToken.None));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {load:0.0} | {came.Count / options.Duration.TotalSeconds:0.00} | {came.Count} | {came.Share(AnswerKind.Done)} | {came.Share(AnswerKind.Refused)} | {came.Share(AnswerKind.Failed)} | {came.ShareWithin(2 * capacity.Solo)} | {came.Median:0.000} | {came.P99:0.000} |"));
            failures += came.Failures();
        }
        Console.WriteLine(failures);
    }
}
