using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.ServiceDefaults.Tests.Telemetry;

/// <summary>What a scrape says. The names are public: dashboards are built on them.</summary>
[Collection(nameof(RequestSpansTests))]
public sealed class MetricsEndpointTests
{
    private const string Meter = "QwenMesh.MetricsEndpointTests";

    private static readonly string Scope = $"otel_scope_name=\"{Meter}\"";

    [Fact]
    public async Task Units_and_kinds_make_the_names()
    {
        await using var host = await TelemetryHost.StartAsync(_ => { });
        using var meter = host.Services.GetRequiredService<IMeterFactory>().Create(Meter);
        meter.CreateCounter<long>("qwenmesh.test.calls", "{call}", "Calls \\ so far.\nSecond line.").Add(5, new KeyValuePair<string, object?>("stage.name", "a\"b\\c\nd"));
        meter.CreateHistogram<double>("qwenmesh.test.duration", "s").Record(7.3);
        meter.CreateObservableUpDownCounter("qwenmesh.test.size", () => 12.5, "By");

        var lines = (await ScrapeAsync(host)).Split('\n');

        Assert.Contains("# TYPE qwenmesh_test_calls_total counter", lines);
        Assert.Contains("# HELP qwenmesh_test_calls_total Calls \\\\ so far.\\nSecond line.", lines);
        Assert.Contains($"qwenmesh_test_calls_total{{{Scope},stage_name=\"a\\\"b\\\\c\\nd\"}} 5", lines);
        Assert.Contains("# TYPE qwenmesh_test_duration_seconds histogram", lines);
        Assert.Contains($"qwenmesh_test_duration_seconds_bucket{{{Scope},le=\"+Inf\"}} 1", lines);
        Assert.Contains($"qwenmesh_test_duration_seconds_sum{{{Scope}}} 7.3", lines);
        Assert.Contains("# TYPE qwenmesh_test_size_bytes gauge", lines);
        Assert.Contains($"qwenmesh_test_size_bytes{{{Scope}}} 12.5", lines);
    }

    [Fact]
    public async Task A_later_scrape_sees_later_values()
    {
        await using var host = await TelemetryHost.StartAsync(_ => { });
        using var meter = host.Services.GetRequiredService<IMeterFactory>().Create(Meter);
        var counter = meter.CreateCounter<long>("qwenmesh.test.moment");
        var waited = Stopwatch.StartNew();
        foreach (var value in Enumerable.Range(1, 2))
        {
            counter.Add(1);
            while (!(await ScrapeAsync(host)).Contains($"qwenmesh_test_moment_total{{{Scope}}} {value}\n", StringComparison.Ordinal))
            {
                Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), $"no scrape says {value}");
            }
        }
    }

    [Theory]
    [InlineData("*/*", "text/plain")]
    [InlineData("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")]
    public async Task The_format_is_negotiated(string accept, string type)
    {
        await using var host = await TelemetryHost.StartAsync(_ => { });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Only_GET_is_served()
    {
        await using var host = await TelemetryHost.StartAsync(_ => { });
        using var response = await host.Http.PostAsync("/metrics", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Theory]
    [InlineData("qwenmesh-test")]
    [InlineData("renamed", "--OTEL_SERVICE_NAME=renamed")]
    public async Task The_service_is_named_by_the_program_or_by_the_environment(string name, params string[] settings)
    {
        await using var host = await TelemetryHost.StartAsync(_ => { }, settings);
        Assert.Contains($"target_info{{service_name=\"{name}\",service_namespace=\"qwenmesh\",", await ScrapeAsync(host), StringComparison.Ordinal);
    }

    private static Task<string> ScrapeAsync(TelemetryHost host) => host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
}
