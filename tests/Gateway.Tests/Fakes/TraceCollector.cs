using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Takes the spans that a Gateway exports.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _spans = new();

    private TraceCollector(WebApplication app)
    {
        _app = app;
        app.MapPost("/v1/traces", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            _spans.Enqueue(body.ToArray());
        });
    }

    /// <summary>All that was exported, byte by byte: names and values stand in it as they are.</summary>
    public string Text => string.Concat(_spans.Select(Encoding.Latin1.GetString));

    public static async Task<TraceCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var collector = new TraceCollector(builder.Build());
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>For the settings of a Gateway.</summary>
    public void AddTo(Dictionary<string, string?> settings)
    {
        settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{_app.Urls.First()}/v1/traces";
        settings["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf";
        // Soon, and for as long as it takes: what is left when the Gateway ends has five seconds.
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "100";
        settings["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"] = "60000";
    }

    /// <summary>Waits until all of these have been exported.</summary>
    public Task UntilAsync(params string[] texts) =>
        Eventually.TrueAsync(() => Text is var text && Array.TrueForAll(texts, one => text.Contains(one, StringComparison.Ordinal)), $"these are in spans: {string.Join(", ", texts)}");

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
