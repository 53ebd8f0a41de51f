using System.Diagnostics;
using System.Diagnostics.Metrics;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Vae;

/// <summary>The stage's own span and instruments; README.md lists them.</summary>
internal sealed class VaeInstrumentation : IDisposable
{
    public const string Name = "QwenMesh.Vae";

    private readonly ActivitySource _source = new(Name, MeshTelemetry.Version);
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _pixels;

    public VaeInstrumentation(IMeterFactory meters)
    {
        _meter = meters.Create(Name, MeshTelemetry.Version);
        _duration = _meter.CreateHistogram("qwenmesh.vae.decode.duration", "s", "Computation of one decoded picture.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30] });
        _pixels = _meter.CreateCounter<long>("qwenmesh.vae.decode.pixels", "{pixel}", "Pixels decoded.");
    }

    /// <summary>Span around the computation of one picture; null without a listener.</summary>
    public Activity? StartDecode(int width, int height)
    {
        var activity = _source.StartActivity("vae.decode");
        activity?.SetTag("qwenmesh.image.width", width);
        activity?.SetTag("qwenmesh.image.height", height);
        return activity;
    }

    public void Decoded(double seconds, long pixels)
    {
        _duration.Record(seconds);
        _pixels.Add(pixels);
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
