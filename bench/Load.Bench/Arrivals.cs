using System.Globalization;

namespace QwenMesh.Load.Bench;

/// <summary>What came of the requests of one open loop.</summary>
internal sealed class Arrivals(IReadOnlyList<Arrival> all)
{
    private readonly double[] _seconds = [.. all.Where(arrival => arrival.Answer.Kind == AnswerKind.Done).Select(arrival => arrival.Latency.TotalSeconds)];

    public int Count => all.Count;

    /// <summary>Median latency of those done, in seconds.</summary>
    public double Median => Quantile.Median(_seconds);

    public double P99 => Quantile.Of(_seconds, 0.99);

    public int Of(AnswerKind kind) => all.Count(arrival => arrival.Answer.Kind == kind);

    /// <summary>In percent of all that came.</summary>
    public string Share(AnswerKind kind) => Share(Of(kind));

    /// <summary>Those done within a time, in percent of all that came.</summary>
    public string ShareWithin(TimeSpan limit) => Share(_seconds.Count(seconds => seconds <= limit.TotalSeconds));

    /// <summary>How often each failure came, one a line; empty without any.</summary>
    public string Failures() => string.Concat(all.Where(arrival => arrival.Answer.Kind == AnswerKind.Failed)
        .GroupBy(arrival => arrival.Answer.Reason, StringComparer.Ordinal).OrderByDescending(group => group.Count())
        .Select(group => string.Create(CultureInfo.InvariantCulture, $"\n{group.Count()} failed: {group.Key}")));

    private string Share(int count) => string.Create(CultureInfo.InvariantCulture, $"{100d * count / Math.Max(1, Count):0.0} %");
}
