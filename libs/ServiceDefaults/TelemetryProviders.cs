using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace QwenMesh.ServiceDefaults;

/// <summary>
/// Builds the OpenTelemetry providers with the host and flushes them when it ends (design decision D10: the package that would do
/// this is not available everywhere).
/// </summary>
internal sealed class TelemetryProviders(PrometheusReader prometheus, string serviceName) : IHostedLifecycleService, IDisposable
{
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var otlp = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));
        var resource = ResourceBuilder.CreateEmpty()
            .AddService(serviceName, serviceNamespace: "qwenmesh", serviceVersion: MeshTelemetry.Version)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        if (otlp)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource(MeshTelemetry.Prefix)
                .AddSource(MeshTelemetry.FrameworkSources)
                .AddOtlpExporter()
                .Build();
        }
        var metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(MeshTelemetry.Prefix)
            .AddMeter(MeshTelemetry.FrameworkMeters)
            .AddReader(prometheus.Reader);
        if (otlp)
        {
            metrics.AddOtlpExporter();
        }
        _metrics = metrics.Build();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After the server has drained, so that the spans of the last calls are exported too.
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref _traces, null)?.Dispose();
        Interlocked.Exchange(ref _metrics, null)?.Dispose();
    }
}
