using System.Diagnostics;
using System.Diagnostics.Metrics;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Denoiser;

/// <summary>Spans and instruments of this stage.</summary>
internal sealed class DenoiserInstrumentation : IDisposable
{
    public const string Name = "QwenMesh.Denoiser";

    private static readonly ActivitySource Source = new(Name, MeshTelemetry.Version);

    private readonly Meter _meter;
    private readonly Histogram<double> _stepSeconds;

    public DenoiserInstrumentation(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _stepSeconds = _meter.CreateHistogram(
            "qwenmesh.denoiser.step.duration",
            "s",
            "Duration of one denoising step.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300] });
    }

    /// <summary>The span of one picture, from its slot to its latents.</summary>
    public static Activity? StartDenoise(DenoiseJob job)
    {
        var activity = Source.StartActivity("denoise");
        activity?.SetTag("qwenmesh.image_tokens", job.Grid.Tokens);
        activity?.SetTag("qwenmesh.prompt_tokens", job.Prompt.Tokens);
        activity?.SetTag("qwenmesh.steps", job.Steps);
        activity?.SetTag("qwenmesh.guided", job.IsGuided);
        return activity;
    }

    public void StepDone(Activity? activity, DenoiseJob job, int step, TimeSpan elapsed)
    {
        _stepSeconds.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("guided", job.IsGuided));
        activity?.AddEvent(new("step", tags: new() { { "qwenmesh.step", step }, { "qwenmesh.seconds", elapsed.TotalSeconds } }));
    }

    public void Dispose() => _meter.Dispose();
}
