using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace QwenMesh.ServiceDefaults;

/// <summary>Logs, metrics and traces of every service. docs/telemetry.md lists the names.</summary>
public static class MeshTelemetry
{
    public const string StageMeter = "QwenMesh.Stage";

    private const string OwnNames = "QwenMesh.*";

    public static string Version { get; } =
        typeof(MeshTelemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>
    /// JSON logs with trace ids, metrics for <see cref="MapMetrics"/>, and over OTLP each of traces, metrics and logs whose endpoint is set:
    /// OTEL_EXPORTER_OTLP_ENDPOINT, or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and the like for one of them. No span is made for nobody.
    /// </summary>
    /// <param name="builder">The host. What is not exported yet when it is disposed of, after it has drained, is exported then.</param>
    /// <param name="serviceName">service.name of the resource, e.g. "qwenmesh-encoder"; OTEL_SERVICE_NAME overrides it.</param>
    /// <exception cref="InvalidOperationException">An endpoint is no address.</exception>
    public static IHostApplicationBuilder AddMeshTelemetry(this IHostApplicationBuilder builder, string serviceName)
    {
        builder.Logging.AddJsonLines();
        var (traces, metrics, logs) = (
            new OtlpSignal("TRACES", builder.Configuration), new OtlpSignal("METRICS", builder.Configuration), new OtlpSignal("LOGS", builder.Configuration));
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                .AddService(serviceName, serviceNamespace: "qwenmesh", serviceVersion: Version)
                .AddEnvironmentVariableDetector())
            .WithMetrics(provider => Collect(provider, metrics));
        if (traces.IsExported)
        {
            telemetry.WithTracing(provider => Trace(provider, traces));
        }
        if (logs.IsExported)
        {
            telemetry.WithLogging(
                provider => provider.AddProcessor(new BoundedLogRecords()).AddOtlpExporter(logs.Configure),
                options => (options.IncludeScopes, options.IncludeFormattedMessage) = (true, true));
        }
        return builder;
    }

    /// <summary>Serves the metrics in the Prometheus text format, or as OpenMetrics to a client that asks for it.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints, string pattern = "/metrics") =>
        endpoints.MapPrometheusScrapingEndpoint(pattern).WithMetadata(new HttpMethodMetadata([HttpMethods.Get]));

    private static void Collect(MeterProviderBuilder metrics, OtlpSignal otlp)
    {
        metrics.AddMeter(OwnNames)
            .AddAspNetCoreInstrumentation()
            .AddHttpClientInstrumentation()
            .AddRuntimeInstrumentation()
            .AddProcessInstrumentation()
            .AddPrometheusExporter();
        if (otlp.IsExported)
        {
            metrics.AddOtlpExporter(otlp.Configure);
        }
    }

    private static void Trace(TracerProviderBuilder traces, OtlpSignal otlp) => traces
        .AddSource(OwnNames, "Yarp.ReverseProxy")
        .AddAspNetCoreInstrumentation(RequestSpans.Configure)
        .AddHttpClientInstrumentation()
        .AddGrpcClientInstrumentation()
        .AddOtlpExporter(otlp.Configure);

    private static void AddJsonLines(this ILoggingBuilder logging)
    {
        logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        logging.AddConsoleFormatter<BoundedJsonFormatter, JsonConsoleFormatterOptions>();
        logging.AddConsole(console => console.FormatterName = BoundedJsonFormatter.FormatterName);
    }
}
