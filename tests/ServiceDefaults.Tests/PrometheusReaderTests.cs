using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace QwenMesh.ServiceDefaults.Tests;

public sealed class PrometheusReaderTests
{
    [Fact]
    public void Counters_gauges_and_histograms_follow_the_text_format()
    {
        using var meter = new Meter("QwenMesh.PrometheusReaderTests");
        using var reader = new PrometheusReader();
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddReader(reader.Reader).Build();
        var counter = meter.CreateCounter<long>("qwenmesh.test.calls", "{call}", "Calls \\ so far.\nSecond line.");
        var histogram = meter.CreateHistogram<double>("qwenmesh.test.duration", "s");
        meter.CreateObservableGauge("qwenmesh.test.size", () => 12.5, "By");
        counter.Add(2, new KeyValuePair<string, object?>("stage.name", "a\"b\\c\nd"));
        counter.Add(3, new KeyValuePair<string, object?>("stage.name", "a\"b\\c\nd"));
        histogram.Record(0.3);
        histogram.Record(7);

        var text = reader.Scrape();

        Assert.Contains("# TYPE qwenmesh_test_calls_total counter\n# HELP qwenmesh_test_calls_total Calls \\\\ so far.\\nSecond line.\n", text, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_test_calls_total{otel_scope_name=\"QwenMesh.PrometheusReaderTests\",stage_name=\"a\\\"b\\\\c\\nd\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_test_size_bytes{otel_scope_name=\"QwenMesh.PrometheusReaderTests\"} 12.5\n", text, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_test_duration_seconds_bucket{otel_scope_name=\"QwenMesh.PrometheusReaderTests\",le=\"+Inf\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_test_duration_seconds_sum{otel_scope_name=\"QwenMesh.PrometheusReaderTests\"} 7.3\n", text, StringComparison.Ordinal);
        Assert.All(text.TrimEnd('\n').Split('\n'), line =>
            Assert.Matches(new Regex("^(# (TYPE|HELP) .+|[a-zA-Z_][a-zA-Z0-9_]*\\{.*\\} [0-9.eE+-]+)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture), line));
    }

    [Fact]
    public void A_scrape_sees_the_values_of_its_moment()
    {
        using var meter = new Meter("QwenMesh.PrometheusReaderTests.Moment");
        using var reader = new PrometheusReader();
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddReader(reader.Reader).Build();
        var counter = meter.CreateCounter<long>("qwenmesh.test.moment");
        counter.Add(1);
        Assert.Contains("} 1\n", reader.Scrape(), StringComparison.Ordinal);
        counter.Add(1);
        var second = reader.Scrape();
        Assert.Contains("} 2\n", second, StringComparison.Ordinal);
        Assert.DoesNotContain("} 1\n", second, StringComparison.Ordinal);
    }
}
