using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace QwenMesh.ServiceDefaults;

/// <summary>Collects the metrics on each scrape. The Prometheus exporter package is not available on every feed.</summary>
public sealed class PrometheusReader : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly Lock _lock = new();
    private readonly TextExporter _exporter = new();

    public PrometheusReader() => Reader = new BaseExportingMetricReader(_exporter);

    internal MetricReader Reader { get; }

    /// <summary>The current values in the Prometheus text exposition format 0.0.4.</summary>
    public string Scrape()
    {
        lock (_lock)
        {
            _exporter.Text.Clear();
            _exporter.Collect!(Timeout.Infinite); // Set by the reader; its own Collect is for push exporters.
            return _exporter.Text.ToString();
        }
    }

    public void Dispose() => _exporter.Dispose();

    [ExportModes(ExportModes.Pull)]
    private sealed class TextExporter : BaseExporter<Metric>, IPullMetricExporter
    {
        public StringBuilder Text { get; } = new();

        public Func<int, bool>? Collect { get; set; }

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                PrometheusText.Write(Text, metric);
            }
            return ExportResult.Success;
        }
    }
}
