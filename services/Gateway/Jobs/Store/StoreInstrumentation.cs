using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Spans and seconds of the job store's transactions, the same for both databases; docs/telemetry.md lists them.</summary>
internal sealed class StoreInstrumentation : IDisposable
{
    private readonly ActivitySource _source = new(GatewayInstrumentation.Name);
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly string _system;

    public StoreInstrumentation(IMeterFactory meters, StoreDatabase database)
    {
        _system = database.System;
        _meter = meters.Create(GatewayInstrumentation.Name);
        _duration = _meter.CreateHistogram("qwenmesh.gateway.store.duration", "s", "Seconds of a transaction of the job store, of each try.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
    }

    /// <summary>One transaction with its repetitions; null where nothing is traced, as in the loops that look for work.</summary>
    public Activity? Begin(string operation)
    {
        if (Activity.Current is null)
        {
            return null;
        }
        var span = _source.StartActivity("store", ActivityKind.Client);
        span?.SetTag("db.system.name", _system);
        span?.SetTag("db.operation.name", operation);
        return span;
    }

    /// <param name="started">Timestamp of the try's begin.</param>
    /// <param name="outcome">done, repeated, failed.</param>
    public void Tried(long started, string outcome) =>
        _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
