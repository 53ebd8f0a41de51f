using System.Diagnostics;
using System.Diagnostics.Metrics;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Denoiser;

/// <summary>The stage's own span and instruments; README.md lists them.</summary>
internal sealed class DenoiserInstrumentation : IDisposable
{
    public const string Name = "QwenMesh.Denoiser";

    private readonly ActivitySource _source = new(Name, MeshTelemetry.Version);
    private readonly Meter _meter;
    private readonly Histogram<double> _stepSeconds;

    public DenoiserInstrumentation(IMeterFactory meters)
    {
        _meter = meters.Create(Name, MeshTelemetry.Version);
        _stepSeconds = _meter.CreateHistogram(
            "qwenmesh.denoiser.step.duration",
            "s",
            "Duration of one denoising step.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300] });
    }

    /// <summary>The span of one picture, from its slot to its latents, with an event after each step; null without a listener.</summary>
    public Activity? StartRun(DenoiseJob job)
    {
        var activity = _source.StartActivity("denoiser.run");
        activity?.SetTag("qwenmesh.image.tokens", job.Grid.Tokens);
        activity?.SetTag("qwenmesh.reference.tokens", job.Images.Skip(1).Sum(image => image.Tokens));
        activity?.SetTag("qwenmesh.prompt.tokens", job.Prompt.Tokens);
        activity?.SetTag("qwenmesh.steps", job.RunSteps - job.StartStep);
        activity?.SetTag("qwenmesh.guided", job.IsGuided);
        return activity;
    }

    public void StepDone(Activity? activity, DenoiseJob job, int step, TimeSpan elapsed)
    {
        _stepSeconds.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("qwenmesh.guided", job.IsGuided));
        activity?.AddEvent(new("step", tags: new() { { "qwenmesh.step", step }, { "qwenmesh.seconds", elapsed.TotalSeconds } }));
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
