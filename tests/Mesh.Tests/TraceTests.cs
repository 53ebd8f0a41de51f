using System.Diagnostics;
using System.Net.Http.Json;

namespace QwenMesh.Mesh.Tests;

/// <summary>One trace from the HTTP request to every stage, seen by a real OTLP endpoint.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task A_generation_is_one_trace_over_four_processes()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var telemetry = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        };
        await using var encoder = ServiceProcess.StartStage("Encoder", Repository.NanoModel, telemetry);
        await using var denoiser = ServiceProcess.StartStage("Denoiser", Repository.NanoModel, telemetry);
        await using var vae = ServiceProcess.StartStage("Vae", Repository.NanoModel, telemetry);
        await using var gateway = ServiceProcess.StartGateway([encoder], [denoiser], [vae], telemetry);
        await gateway.ReadyAsync("/v1/health/ready", TestContext.Current.CancellationToken);

        var traceId = ActivityTraceId.CreateRandom();
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}") };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer")
        {
            Content = JsonContent.Create(new { prompt = "a red circle on a blue background", width = 512, height = 512, steps = 5, seed = 1 }),
        };
        request.Headers.Add("traceparent", $"00-{traceId}-{ActivitySpanId.CreateRandom()}-01");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();

        string[] services = ["qwenmesh-denoiser", "qwenmesh-encoder", "qwenmesh-gateway", "qwenmesh-vae"];
        var deadline = Stopwatch.StartNew();
        ExportedSpan[] trace;
        do
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(30), "not every service exported spans of the trace");
            await Task.Delay(100, TestContext.Current.CancellationToken);
            trace = [.. collector.Spans.Where(span => span.TraceId == $"{traceId}")];
        }
        while (!services.SequenceEqual(trace.Select(span => span.Service).Distinct().Order()) || !Connected(trace));

        Assert.Contains("|POST /v1/infer|", Names(trace, "qwenmesh-gateway"), StringComparison.Ordinal);
        Assert.Contains("|qwenmesh.v1.EncoderStage/Encode|", Names(trace, "qwenmesh-encoder"), StringComparison.Ordinal);
        Assert.Contains("|denoiser.run|", Names(trace, "qwenmesh-denoiser"), StringComparison.Ordinal);
        Assert.Contains("|vae.decode|", Names(trace, "qwenmesh-vae"), StringComparison.Ordinal);
    }

    private static string Names(ExportedSpan[] trace, string service) =>
        $"|{string.Join('|', trace.Where(span => span.Service == service).Select(span => span.Name).Order())}|";

    /// <summary>Every span but the request's has its parent in the trace.</summary>
    private static bool Connected(ExportedSpan[] trace)
    {
        var ids = trace.Select(span => span.SpanId).ToHashSet();
        return trace.Count(span => !ids.Contains(span.ParentId)) == 1;
    }
}
