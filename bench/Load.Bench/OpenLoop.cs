using System.Diagnostics;

namespace QwenMesh.Load.Bench;

/// <summary>Requests that come when they come, whether earlier ones are answered or not.</summary>
internal static class OpenLoop
{
    /// <summary>Sends one request at each arrival and waits for all answers. A cancellation ends the arrivals, and is no error.</summary>
    public static async Task<IReadOnlyList<Arrival>> RunAsync(IEnumerable<TimeSpan> arrivals, Func<Task<Answer>> drawAsync, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var sent = new List<Task<Arrival>>();
        foreach (var due in arrivals)
        {
            var early = due - Stopwatch.GetElapsedTime(begin);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            sent.Add(SendAsync(due));
        }
        return await Task.WhenAll(sent);

        async Task<Arrival> SendAsync(TimeSpan due)
        {
            var answer = await drawAsync();
            return new Arrival(due, Stopwatch.GetElapsedTime(begin) - due, answer);
        }
    }
}

/// <param name="Due">When the request was to be sent, from the begin.</param>
/// <param name="Latency">From then to its answer: a client that sends late hides no waiting.</param>
/// <param name="Answer">What came.</param>
internal sealed record Arrival(TimeSpan Due, TimeSpan Latency, Answer Answer);
