using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace QwenMesh.Encoder;

/// <summary>Spans and instruments of the Encoder; the README lists them.</summary>
internal sealed class EncoderInstrumentation : IDisposable
{
    public const string Name = "QwenMesh.Encoder";

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter;
    private readonly Counter<long> _prompts;
    private readonly Histogram<long> _tokens;
    private readonly Histogram<double> _run;
    private readonly Histogram<double> _vision;

    public EncoderInstrumentation(IMeterFactory meters, EncodeCache cache)
    {
        _meter = meters.Create(Name);
        _prompts = _meter.CreateCounter<long>("qwenmesh.encoder.prompts", "{prompt}", "Prompts encoded, by where the embeddings came from.");
        _tokens = _meter.CreateHistogram("qwenmesh.encoder.tokens", "{token}", "Tokens that the model read for a prompt, the template's included.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [48, 64, 96, 128, 192, 256, 384, 512, 768, 1024] });
        _run = _meter.CreateHistogram("qwenmesh.encoder.run.duration", "s", "Time in the text model.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _vision = _meter.CreateHistogram("qwenmesh.encoder.vision.duration", "s", "Time in the vision tower for a call's pictures, with their processing.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _meter.CreateObservableUpDownCounter("qwenmesh.encoder.cache.size", () => cache.Bytes, "By", "Embeddings kept.");
    }

    public Activity? StartTokenize(int promptLength) =>
        _source.StartActivity("encoder.tokenize")?.SetTag("qwenmesh.prompt.length", promptLength);

    public Activity? StartVision(int pictures, int tokens) =>
        _source.StartActivity("encoder.vision")?.SetTag("qwenmesh.pictures", pictures).SetTag("qwenmesh.tokens", tokens);

    public Activity? StartRun(int tokens) => _source.StartActivity("encoder.run")?.SetTag("qwenmesh.tokens", tokens);

    public void RecordRun(int tokens, TimeSpan duration)
    {
        _tokens.Record(tokens);
        _run.Record(duration.TotalSeconds);
    }

    public void RecordVision(TimeSpan duration) => _vision.Record(duration.TotalSeconds);

    public void RecordPrompt(bool cached) =>
        _prompts.Add(1, new KeyValuePair<string, object?>("qwenmesh.cache", cached ? "hit" : "computed"));

    public void Dispose()
    {
        _meter.Dispose();
        _source.Dispose();
    }
}
