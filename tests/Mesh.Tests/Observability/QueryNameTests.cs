using QwenMesh.Mesh.Tests.Telemetry;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>Alerts and dashboards ask for metrics and labels that exist: those of docs/telemetry.md, and what the framework sends.</summary>
[Collection(MeshCollection.Name)]
public sealed class QueryNameTests(MeshFixture mesh)
{
    private static readonly string[] OfTargets = ["namespace", "job", "instance"];

    private static readonly Dictionary<string, string[]> OfPrometheus = new(StringComparer.Ordinal)
    {
        ["up"] = [],
        ["ALERTS"] = ["alertname", "alertstate", "severity"],
    };

    [Fact]
    public void Names_of_a_query_are_read()
    {
        var query = PromQuery.Read("""histogram_quantile(0.5, sum by (le, a) (rate(x_bucket{b="c(d", e=~"f"}[5m] offset 1h))) * on (g) group_left (h) y > 1e6 or absent(z == 1)""");
        Assert.Equal(["x_bucket", "y", "z"], query.Metrics);
        Assert.Equal(["le", "a", "g", "h", "b", "e"], query.Labels);
    }

    [Fact]
    public async Task Every_metric_and_every_label_of_a_query_exists()
    {
        var known = Documented();
        foreach (var (metric, labels) in OfPrometheus)
        {
            known[metric] = labels;
        }
        foreach (var process in mesh.Stages.Append(mesh.Gateway))
        {
            await AddScrapeAsync(known, process);
        }
        string[] queries = [.. ObservabilityFiles.Panels.SelectMany(panel => panel.Queries), .. ObservabilityFiles.Alerts.Select(alert => alert.Expr)];
        Assert.True(queries.Length > 40, $"only {queries.Length} queries were found");
        Assert.All(queries, query =>
        {
            var names = PromQuery.Read(query);
            Assert.NotEmpty(names.Metrics);
            Assert.All(names.Metrics, metric => Assert.True(known.ContainsKey(metric), $"no service has {metric}: {query}"));
            Assert.Subset(OfTargets.Concat(names.Metrics.SelectMany(metric => known[metric])).ToHashSet(), names.Labels.ToHashSet());
        });
    }

    /// <summary>Samples and their labels.</summary>
    private static Dictionary<string, string[]> Documented()
    {
        var known = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var row in DocumentTable.Read("Instruments"))
        {
            string[] labels = [.. DocumentTable.Tags(row["tags"]).Select(tag => tag.Name.Replace('.', '_'))];
            var name = row.Name("Prometheus");
            if (row["kind"] == "histogram")
            {
                (known[$"{name}_sum"], known[$"{name}_count"], known[$"{name}_bucket"]) = (labels, labels, [.. labels, "le"]);
            }
            else
            {
                known[name] = labels;
            }
        }
        return known;
    }

    // Only the framework's: those of the mesh have to be documented.
    private static async Task AddScrapeAsync(Dictionary<string, string[]> known, ServiceProcess process)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var text = await client.GetStringAsync(new Uri($"http://127.0.0.1:{process.HttpPort}/metrics"), TestContext.Current.CancellationToken);
        foreach (var sample in PrometheusScrape.Parse(text).SelectMany(family => family.Samples).Where(sample => !sample.Name.StartsWith("qwenmesh_", StringComparison.Ordinal)))
        {
            known[sample.Name] = [.. known.GetValueOrDefault(sample.Name, []).Union(sample.Labels.Keys)];
        }
    }
}
