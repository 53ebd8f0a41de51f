using System.Globalization;

namespace QwenMesh.Load.Bench.Soak;

/// <summary>What a service has been seen to hold.</summary>
internal sealed class ServiceHistory(ServiceProcess service)
{
    private static readonly (string Name, string Format, Func<ServiceSample, double> Of)[] Measures =
    [
        ("resident, MiB", "0.0", sample => sample.ResidentMiB),
        ("managed heap after its last collection, MiB", "0.0", sample => sample.HeapMiB),
        ("descriptors", "0", sample => sample.Descriptors),
        ("TCP connections", "0", sample => sample.Connections),
        ("threads", "0", sample => sample.Threads),
    ];

    private readonly List<(TimeSpan At, ServiceSample Sample)> _samples = [];

    public int Count => _samples.Count;

    /// <summary>Leaves out a sample of a service that does not answer, e.g. because it ends meanwhile.</summary>
    public async Task SampleAsync(HttpClient http, TimeSpan at)
    {
        try
        {
            _samples.Add((at, await ServiceSample.TakeAsync(service, http)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or HttpRequestException or TaskCanceledException)
        {
            // The count of samples tells.
        }
    }

    /// <summary>Rows of the table, one a measure; none without two samples.</summary>
    public IEnumerable<string> Lines() => _samples.Count < 2 ? [] : Measures.Select(measure =>
    {
        var trend = Trend.Of([.. _samples.Select(taken => (taken.At, measure.Of(taken.Sample)))]);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {service.Name} | {measure.Name} | {trend.First.ToString(measure.Format, CultureInfo.InvariantCulture)} | {trend.Last.ToString(measure.Format, CultureInfo.InvariantCulture)} | {trend.PerHour:+0.0;-0.0;0.0} |");
    });
}
