using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace QwenMesh.ServiceDefaults;

/// <summary>Names of the sources and meters, and their wiring to OpenTelemetry. docs/telemetry.md lists them.</summary>
public static class MeshTelemetry
{
    public const string StageMeter = "QwenMesh.Stage";

    /// <summary>Prefix of every source and meter of the mesh.</summary>
    internal const string Prefix = "QwenMesh.*";

    internal static readonly string[] FrameworkSources = ["Microsoft.AspNetCore", "System.Net.Http", "Grpc.Net.Client", "Yarp.ReverseProxy"];

    internal static readonly string[] FrameworkMeters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    public static string Version { get; } =
        typeof(MeshTelemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>
    /// JSON logs with trace ids, metrics for <see cref="MapMetrics"/>, and traces and metrics over OTLP when
    /// OTEL_EXPORTER_OTLP_ENDPOINT is set.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="serviceName">service.name of the resource, e.g. "qwenmesh-encoder"; OTEL_SERVICE_NAME overrides it.</param>
    public static IHostApplicationBuilder AddMeshTelemetry(this IHostApplicationBuilder builder, string serviceName)
    {
        builder.Logging.Configure(options =>
            options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        builder.Logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Services.AddSingleton<IStartupFilter, RequestSpans>();
        builder.Services.AddSingleton<PrometheusReader>();
        builder.Services.AddHostedService(services =>
            new TelemetryProviders(services.GetRequiredService<PrometheusReader>(), serviceName));
        return builder;
    }

    /// <summary>Serves the metrics in the Prometheus text format.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints, string pattern = "/metrics") =>
        endpoints.MapGet(pattern, (PrometheusReader reader) => Microsoft.AspNetCore.Http.Results.Text(reader.Scrape(), PrometheusReader.ContentType));
}
