using System.Diagnostics;
using System.Globalization;

namespace QwenMesh.Load.Bench.Soak;

/// <summary>Poisson arrivals at a share of the capacity for a long time, while every service is looked at.</summary>
internal static class SoakRun
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    public static async Task MeasureAsync(LoadedMesh mesh, PictureClient client, Capacity capacity, LoadOptions options)
    {
        using var end = new CancellationTokenSource();
        var due = PoissonArrivals.Of(options.SoakLoad * capacity.Rate, options.WarmUp + options.SoakDuration, options.Seed);
        var arriving = OpenLoop.RunAsync(due, client.DrawAsync, end.Token);
        var histories = await SampleAsync(mesh, options);
        await end.CancelAsync();
        var came = await arriving;
        Print(histories, [.. came.Where(arrival => arrival.Due >= options.WarmUp)], options);
        Console.WriteLine(new Arrivals(came).Failures());
    }

    // Until the time is over, or a service has ended.
    private static async Task<IReadOnlyList<ServiceHistory>> SampleAsync(LoadedMesh mesh, LoadOptions options)
    {
        var histories = mesh.Services.Select(service => new ServiceHistory(service)).ToArray();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed < options.WarmUp + options.SoakDuration && mesh.Dead.Count == 0)
        {
            if (elapsed >= options.WarmUp)
            {
                foreach (var history in histories)
                {
                    await history.SampleAsync(http, elapsed);
                }
            }
            await Task.Delay(Pause);
        }
        return histories;
    }

    private static void Print(IReadOnlyList<ServiceHistory> histories, IReadOnlyList<Arrival> came, LoadOptions options)
    {
        var all = new Arrivals(came);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{options.SoakDuration.TotalMinutes:0.#} minutes at {options.SoakLoad:0.0#} of capacity, after {options.WarmUp.TotalMinutes:0.#} that warm up: {all.Count} offered, {all.Of(AnswerKind.Done)} done, {all.Of(AnswerKind.Refused)} refused, {all.Of(AnswerKind.Failed)} failed; p50 {all.Median:0.000} s, p99 {all.P99:0.000} s. {histories.Min(history => history.Count)} samples\n"));
        Console.WriteLine("| | | first quarter | last quarter | an hour |\n|---|---|--:|--:|--:|");
        foreach (var line in histories.SelectMany(history => history.Lines()))
        {
            Console.WriteLine(line);
        }
    }
}
