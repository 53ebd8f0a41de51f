using System.Diagnostics;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>Every query of the dashboards and of the alerts against a Prometheus that scrapes the running mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class RunningQueryTests(MeshFixture mesh)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2); // Two scrapes.

    [Fact]
    public async Task Every_panel_shows_what_the_mesh_does_and_no_alert_finds_fault_with_it()
    {
        await using var prometheus = await PrometheusServer.RequireAsync(mesh);
        var empty = new HashSet<string>(StringComparer.Ordinal);
        var waited = Stopwatch.StartNew();
        var pictures = 0;
        // A rate needs two scrapes with a picture between them, whose prompt the Encoder has not kept from another test.
        do
        {
            await mesh.InferAsync(new { prompt = $"a red circle on a blue background, seen by Prometheus, {++pictures}", width = 512, height = 512, steps = 5, seed = 1 });
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
            empty.Clear();
            foreach (var panel in ObservabilityFiles.Panels)
            {
                foreach (var query in panel.Queries)
                {
                    if (!(await prometheus.QueryAsync(query)).Any(double.IsFinite) && !panel.MayBeEmpty)
                    {
                        empty.Add($"{panel.Name}: {query}");
                    }
                }
            }
        }
        while (empty.Count > 0 && waited.Elapsed < Limit);
        Assert.Empty(empty);

        foreach (var alert in ObservabilityFiles.Alerts)
        {
            // A scrape that was late on a busy machine is over with the next one; an alert itself waits for longer.
            await Eventually.TrueAsync(async () => (await prometheus.QueryAsync(alert.Expr)).Count == 0, $"{alert.Alert} finds nothing in a mesh that is well");
        }
        IReadOnlyDictionary<string, string> health = new Dictionary<string, string>();
        await Eventually.TrueAsync(async () => !(health = await prometheus.RuleHealthAsync()).Values.Contains("unknown"), "every rule has been evaluated");
        Assert.Equal(ObservabilityFiles.Alerts.Select(alert => alert.Alert).Order(StringComparer.Ordinal), health.Keys.Order(StringComparer.Ordinal));
        Assert.All(health, rule => Assert.True(rule.Value == "ok", $"{rule.Key}: {rule.Value}"));
    }
}
