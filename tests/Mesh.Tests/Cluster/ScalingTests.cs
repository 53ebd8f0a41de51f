using System.Globalization;
using System.Text.RegularExpressions;
using k8s.Models;
using QwenMesh.Mesh.Tests.Telemetry;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>What is scraped, and what the pools are scaled by.</summary>
public sealed partial class ScalingTests
{
    [Fact]
    public async Task Every_stage_is_scaled_by_the_queue()
    {
        var overlay = await Overlay.RequireAsync("keda");
        Assert.All(overlay.Stages, stage =>
        {
            var scaled = Assert.Single(overlay.All<ScaledObject>(), one => one.Spec.ScaleTargetRef.Name == stage.Name);
            Assert.Null(stage.Replicas); // Else the two would take turns.
            Assert.InRange(scaled.Spec.MinReplicaCount, 1, scaled.Spec.MaxReplicaCount - 1);
            // Of the jobs that wait in the queue, of those that Gateways have taken from it and that wait in the stage, and of those that it computes.
            string[] metrics = ["qwenmesh_gateway_jobs_queued_work", "qwenmesh_stage_calls_waiting", "qwenmesh_stage_calls_running"];
            Assert.All(metrics, metric => Assert.Single(scaled.Spec.Triggers, trigger => trigger.Metadata.Query.Contains($"{metric}{{", StringComparison.Ordinal)));
            Assert.All(Queries([scaled]).Where(query => query.Metric.StartsWith("qwenmesh_stage_", StringComparison.Ordinal)), query => Assert.Equal(stage.Name, query.Job));
            Assert.All(scaled.Spec.Triggers, trigger =>
            {
                Assert.Equal("prometheus", trigger.Type);
                Assert.Equal("AverageValue", trigger.MetricType);
                Assert.True(double.Parse(trigger.Metadata.Threshold, CultureInfo.InvariantCulture) > 0);
            });
        });
        Assert.Equal(overlay.Stages.Count, overlay.All<ScaledObject>().Count());
    }

    [Fact]
    public async Task Pools_keep_their_replicas_while_there_are_no_figures()
    {
        var overlay = await Overlay.RequireAsync("keda");
        var readme = await File.ReadAllTextAsync(Path.Combine(Overlay.Folder, "README.md"), TestContext.Current.CancellationToken);
        Assert.All(overlay.All<ScaledObject>(), scaled =>
        {
            Assert.Equal("currentReplicas", scaled.Spec.Fallback.Behavior);
            // Else a Prometheus that has just started, or scrapes no Gateway, would say that nothing waits.
            Assert.All(scaled.Spec.Triggers, trigger => Assert.Equal("false", trigger.Metadata.IgnoreNullValues));
        });
        // Older ones do not know the behavior, and the API server refuses the object.
        Assert.Contains("KEDA 2.17", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queries_name_documented_metrics_of_the_service_that_has_them()
    {
        var overlay = await Overlay.RequireAsync("keda");
        var rows = DocumentTable.Read("Instruments");
        var queries = Queries(overlay).ToArray();
        Assert.NotEmpty(queries);
        Assert.All(queries, query =>
        {
            var row = Assert.Single(rows, row => row.Name("Prometheus") == query.Metric);
            Assert.Contains(query.Job, row.Services);
            Assert.Equal(Workload.Product, query.Namespace);
        });
    }

    [Fact]
    public async Task Every_service_is_scraped_once_and_under_its_own_name()
    {
        var overlay = await Overlay.RequireAsync("keda");
        Assert.All(overlay.Services, workload =>
        {
            var service = overlay.All<V1Service>().Single(service => service.Name() == workload.Name);
            var monitor = Assert.Single(overlay.All<ServiceMonitor>(), monitor => monitor.Spec.Selector.Matches(service.Metadata.Labels));
            Assert.Equal(workload.Name, service.Metadata.Labels[monitor.Spec.JobLabel]);
            Assert.Contains(service.Spec.Ports, port => port.Name == Assert.Single(monitor.Spec.Endpoints).Port);
        });
        Assert.All(overlay.All<V1Service>().Where(service => overlay.Services.All(workload => workload.Name != service.Name())), service =>
            Assert.DoesNotContain(overlay.All<ServiceMonitor>(), monitor => monitor.Spec.Selector.Matches(service.Metadata.Labels)));
    }

    /// <summary>The metrics that triggers ask for.</summary>
    internal static IEnumerable<(string Metric, string Namespace, string Job)> Queries(Overlay overlay) => Queries(overlay.All<ScaledObject>());

    private static IEnumerable<(string Metric, string Namespace, string Job)> Queries(IEnumerable<ScaledObject> objects) => objects
        .SelectMany(scaled => scaled.Spec.Triggers).Select(trigger => Query().Match(trigger.Metadata.Query) is { Success: true } match
            ? (match.Groups["metric"].Value, match.Groups["namespace"].Value, match.Groups["job"].Value)
            : throw new FormatException(trigger.Metadata.Query));

    [GeneratedRegex("""^(sum|max)\((?<metric>\w+)\{namespace="(?<namespace>\w+)", job="(?<job>\w+)"\}\)$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Query();
}
