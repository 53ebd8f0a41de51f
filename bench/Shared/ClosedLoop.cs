using System.Diagnostics;

namespace QwenMesh.Bench;

/// <summary>Callers who each make the next call when the last one is answered.</summary>
internal static class ClosedLoop
{
    public static Task<Load> ForAsync(TimeSpan duration, IReadOnlyList<ICaller> callers)
    {
        var begin = Stopwatch.GetTimestamp();
        return RunAsync(callers, () => Stopwatch.GetElapsedTime(begin) < duration);
    }

    public static Task<Load> CountAsync(int calls, IReadOnlyList<ICaller> callers)
    {
        var begun = 0;
        return RunAsync(callers, () => Interlocked.Increment(ref begun) <= calls);
    }

    private static async Task<Load> RunAsync(IReadOnlyList<ICaller> callers, Func<bool> goesOn)
    {
        var begin = Stopwatch.GetTimestamp();
        var latencies = await Task.WhenAll(callers.Select(caller => Task.Run(async () =>
        {
            var own = new List<double>();
            while (goesOn())
            {
                var sent = Stopwatch.GetTimestamp();
                await caller.CallAsync();
                own.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
            return own;
        })));
        return new Load([.. latencies.SelectMany(own => own)], Stopwatch.GetElapsedTime(begin));
    }
}

/// <param name="Milliseconds">Of each call.</param>
/// <param name="Elapsed">Of all together.</param>
internal sealed record Load(IReadOnlyList<double> Milliseconds, TimeSpan Elapsed)
{
    public double Rate => Milliseconds.Count / Elapsed.TotalSeconds;
}
