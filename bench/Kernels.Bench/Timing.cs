using System.Diagnostics;

namespace QwenMesh.Kernels.Bench;

/// <summary>
/// Times candidates in turns, so that other load on the machine affects all of them alike. Each is called until it has run for
/// a while (at least once) to warm up; a round times one call of each, several when a call is short.
/// </summary>
internal static class Timing
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(200);

    /// <summary>Counts the process's processor time, not the clock's: for a busy machine, with one thread.</summary>
    public static bool ProcessorTime { get; set; }

    private static TimeSpan Now => ProcessorTime ? Environment.CpuUsage.TotalTime : Stopwatch.GetElapsedTime(0);

    /// <summary>Fastest and median seconds of one call of each candidate.</summary>
    public static (double Fastest, double Median)[] Compare(int rounds, params Action[] candidates)
    {
        var repeats = candidates.Select(WarmedUp).ToArray();
        var seconds = candidates.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < candidates.Length; i++)
            {
                var start = Now;
                for (var repeat = 0; repeat < repeats[i]; repeat++)
                {
                    candidates[i]();
                }
                seconds[i].Add((Now - start).TotalSeconds / repeats[i]);
            }
        }
        return [.. seconds.Select(list => (list.Min(), list.Order().ElementAt(list.Count / 2)))];
    }

    private static int WarmedUp(Action candidate)
    {
        var calls = 0;
        var start = Stopwatch.GetTimestamp();
        do
        {
            candidate();
            calls++;
        }
        while (Stopwatch.GetElapsedTime(start) < WarmUp);
        var perCall = Stopwatch.GetElapsedTime(start) / calls;
        return (int)Math.Clamp(20 / Math.Max(perCall.TotalMilliseconds, 1e-3), 1, 1000);
    }
}
