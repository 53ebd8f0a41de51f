using System.Diagnostics;
using System.Diagnostics.Metrics;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Vae;

/// <summary>The stage's own spans, instruments and log lines; README.md lists them.</summary>
internal sealed partial class VaeInstrumentation : IDisposable
{
    public const string Name = "QwenMesh.Vae";

    private readonly ActivitySource _source = new(Name, MeshTelemetry.Version);
    private readonly Meter _meter;
    private readonly Work _encode;
    private readonly Work _decode;
    private readonly ILogger<VaeInstrumentation> _logger;

    public VaeInstrumentation(IMeterFactory meters, ILogger<VaeInstrumentation> logger)
    {
        _logger = logger;
        _meter = meters.Create(Name, MeshTelemetry.Version);
        var buckets = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30] };
        _encode = new Work(
            "vae.encode", "Encoded", _meter.CreateHistogram("qwenmesh.vae.encode.duration", "s", "Computation of one encoded picture.", advice: buckets),
            _meter.CreateCounter<long>("qwenmesh.vae.encode.pixels", "{pixel}", "Pixels encoded."));
        _decode = new Work(
            "vae.decode", "Decoded", _meter.CreateHistogram("qwenmesh.vae.decode.duration", "s", "Computation of one decoded picture.", advice: buckets),
            _meter.CreateCounter<long>("qwenmesh.vae.decode.pixels", "{pixel}", "Pixels decoded."));
    }

    /// <summary>Runs the encoding of a picture of this size in its span.</summary>
    public T Encode<T>(int width, int height, Func<T> run) => Run(_encode, width, height, run);

    /// <summary>Runs the decoding of a picture of this size in its span.</summary>
    public T Decode<T>(int width, int height, Func<T> run) => Run(_decode, width, height, run);

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }

    private T Run<T>(Work work, int width, int height, Func<T> run)
    {
        using var activity = _source.StartActivity(work.Span);
        activity?.SetTag("qwenmesh.image.width", width);
        activity?.SetTag("qwenmesh.image.height", height);
        var started = Stopwatch.GetTimestamp();
        T result;
        try
        {
            result = run();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            throw;
        }
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        work.Duration.Record(seconds);
        work.Pixels.Add((long)width * height);
        LogDone(_logger, work.Done, width, height, seconds);
        return result;
    }

    [LoggerMessage(300, LogLevel.Information, "{Done} {Width}x{Height} in {Seconds:F3} s")]
    private static partial void LogDone(ILogger logger, string done, int width, int height, double seconds);

    private sealed record Work(string Span, string Done, Histogram<double> Duration, Counter<long> Pixels);
}
