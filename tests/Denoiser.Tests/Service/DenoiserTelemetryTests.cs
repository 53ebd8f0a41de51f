using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using QwenMesh.Denoiser.Tests.Requests;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Service;

public sealed class DenoiserTelemetryTests
{
    [Fact]
    public async Task A_call_is_one_span_in_its_trace_and_one_measurement_for_each_step()
    {
        await using var host = await DenoiserHost.StartAsync(Path.Combine(GoldenFolder.Default, "models", "tiny-qwen-image"));
        var spans = new ConcurrentBag<Activity>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == DenoiserInstrumentation.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(traces);
        var seconds = new ConcurrentBag<double>();
        using var metrics = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "qwenmesh.denoiser.step.duration" && instrument.Meter.Scope == host.Meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        metrics.SetMeasurementEventCallback<double>((_, value, _, _) => seconds.Add(value));
        metrics.Start();

        using var caller = new Activity("caller").Start();
        var width = host.Loaded.Transformer.Config.JointAttentionDim;
        var answer = await DenoiseAnswer.CallAsync(
            host.Client,
            [Messages.Parameters(p => p.NumInferenceSteps = 3), .. Messages.Tensor("prompt_embeds", Messages.Embeds(4, width, 1), 4, width)],
            TestContext.Current.CancellationToken);

        var span = Assert.Single(spans, span => span.TraceId == caller.TraceId);
        Assert.Equal("denoiser.run", span.OperationName);
        Assert.Equal(3, span.GetTagItem("qwenmesh.steps"));
        Assert.Equal(answer.Started.ImageTokens, span.GetTagItem("qwenmesh.image.tokens"));
        Assert.Equal(["step", "step", "step"], span.Events.Select(step => step.Name));
        Assert.Equal(answer.Steps.Select(step => step.Seconds).Order(), seconds.Order());
    }
}
