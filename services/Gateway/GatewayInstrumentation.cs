using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace QwenMesh.Gateway;

/// <summary>The Gateway's source, meter and instruments; docs/telemetry.md lists them.</summary>
internal sealed class GatewayInstrumentation : IDisposable
{
    public const string Name = "QwenMesh.Gateway";

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter;
    private readonly Histogram<double> _generations;
    private readonly Histogram<double> _stages;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _refused;

    public GatewayInstrumentation(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900] };
        _generations = _meter.CreateHistogram("qwenmesh.gateway.generation.duration", "s", "Seconds from the request to the file.", advice: seconds);
        _stages = _meter.CreateHistogram("qwenmesh.gateway.stage.duration", "s", "Seconds of a stage as the Gateway sees it.", advice: seconds);
        _retries = _meter.CreateCounter<long>("qwenmesh.gateway.retries", "{attempt}", "Attempts after a replica went away.");
        _refused = _meter.CreateCounter<long>("qwenmesh.gateway.access.refused", "{request}", "Requests of callers who are not let in.");
    }

    /// <summary>Times one stage: a span, and a measurement when it succeeds.</summary>
    public StageSpan Begin(string stage) => new(_source.StartActivity(stage), _stages, stage);

    /// <summary>Runs one attempt of a stage under its span, which is marked as failed when the work throws.</summary>
    public async Task<T> TimeAsync<T>(string stage, Func<StageSpan, Task<T>> work)
    {
        using var span = Begin(stage);
        try
        {
            return await work(span);
        }
        catch (Exception exception)
        {
            span.Failed(exception.Message);
            throw;
        }
    }

    public void Generated(string outcome, double seconds) => _generations.Record(seconds, new KeyValuePair<string, object?>("outcome", outcome));

    public void Retried(string stage) => _retries.Add(1, new KeyValuePair<string, object?>("stage", stage));

    /// <param name="reason">docs/telemetry.md lists them.</param>
    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}

/// <summary>One stage of one generation, being timed.</summary>
internal sealed class StageSpan(Activity? activity, Histogram<double> durations, string stage) : IDisposable
{
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>The stage has succeeded; returns its seconds.</summary>
    public double Done()
    {
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        durations.Record(seconds, new KeyValuePair<string, object?>("stage", stage));
        activity?.SetStatus(ActivityStatusCode.Ok);
        return seconds;
    }

    public void Failed(string reason) => activity?.SetStatus(ActivityStatusCode.Error, reason);

    public void Tag(string key, object? value) => activity?.SetTag(key, value);

    public void Dispose() => activity?.Dispose();
}
