using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Trace;

namespace QwenMesh.ServiceDefaults.Tests.Telemetry;

[Collection(nameof(RequestSpansTests))]
public sealed class TracingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true, TelemetryHost.Otlp)]
    [InlineData(true, "--OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:9")]
    [InlineData(false, "--OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://127.0.0.1:9")]
    [InlineData(false, "--OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=")]
    public async Task Spans_are_made_only_for_an_endpoint(bool traced, params string[] settings)
    {
        await using var host = await TelemetryHost.StartAsync(_ => { }, settings);
        Assert.Equal(traced, host.Services.GetService<TracerProvider>() is not null);
    }
}
