using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>A real OTLP/HTTP endpoint on loopback that keeps what it is sent.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app) => _app = app;

    public ConcurrentQueue<ExportedSpan> Spans { get; } = new();

    /// <summary>One batch for each export, with everything that a service measured.</summary>
    public ConcurrentQueue<IReadOnlyList<ExportedInstrument>> Metrics { get; } = new();

    /// <summary>Names of the attributes of all resources.</summary>
    public ConcurrentQueue<string> Resource { get; } = new();

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.MapPost("/v1/traces", collector.TakeSpansAsync);
        app.MapPost("/v1/metrics", collector.TakeMetricsAsync);
        app.MapPost("/v1/logs", () => { }); // The general endpoint takes them too; ServiceDefaults.Tests looks at them.
        await app.StartAsync();
        return collector;
    }

    /// <summary>Settings of a service that exports here.</summary>
    /// <param name="everyMilliseconds">Time between exports.</param>
    public Dictionary<string, string> Settings(int everyMilliseconds) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.First(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = $"{everyMilliseconds}",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = $"{everyMilliseconds}",
        ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "60000", // What is sent while this process stands still is sent once.
    };

    public ExportedSpan[] Trace(string id) => [.. Spans.Where(span => span.TraceId == id)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeSpansAsync(HttpContext context)
    {
        var request = await ReadAsync(context);
        foreach (var span in OtlpMessages.Spans(request))
        {
            Spans.Enqueue(span);
        }
    }

    private async Task TakeMetricsAsync(HttpContext context) => Metrics.Enqueue([.. OtlpMessages.Instruments(await ReadAsync(context))]);

    private async Task<ProtobufFields> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var request = new ProtobufFields(body.ToArray());
        foreach (var name in OtlpMessages.Resource(request))
        {
            Resource.Enqueue(name);
        }
        return request;
    }
}
