using QwenMesh.Mesh.Tests.Observability;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>/metrics of the four services: valid, and with the names that docs/telemetry.md lists.</summary>
[Collection(TracedMeshCollection.Name)]
public sealed class ScrapeTests(TracedMesh mesh)
{
    private const string Prefix = "qwenmesh_";

    private readonly IReadOnlyList<DocumentRow> _rows = DocumentTable.Read("Instruments");

    public static TheoryData<string> Services { get; } = [.. TracedMesh.Services];

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_metric_of_the_mesh_is_documented(string service) => Assert.All(Own(service), family =>
    {
        var row = _rows.SingleOrDefault(row => row.Name("Prometheus") == family.Name);
        Assert.True(row is not null, $"{family.Name} is not documented");
        Assert.Contains(service, row.Services);
        Assert.Equal(row["kind"] == "up-down counter" ? "gauge" : row["kind"], family.Type);
        var tags = DocumentTable.Tags(row["tags"]).ToDictionary(tag => tag.Name.Replace('.', '_'), tag => tag.Values);
        Assert.All(family.Samples, sample =>
        {
            Assert.Equal(row.Name("meter"), sample.Labels["otel_scope_name"]);
            var labels = sample.Labels.Where(label => label.Key is not ("le" or "otel_scope_name" or "otel_scope_version")).ToArray();
            Assert.Equal(tags.Keys.Order(StringComparer.Ordinal), labels.Select(label => label.Key).Order(StringComparer.Ordinal));
            Assert.All(labels.Where(label => tags[label.Key].Count > 0), label => Assert.Contains(label.Value, tags[label.Key]));
        });
    });

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_documented_metric_of_the_service_is_there(string service) => Assert.Superset(
        _rows.Where(row => !row.IsConditional && row.Services.Contains(service)).Select(row => row.Name("Prometheus")).ToHashSet(),
        Own(service).Select(family => family.Name).ToHashSet());

    [Fact]
    public async Task Prometheus_itself_reads_every_scrape()
    {
        foreach (var text in mesh.Scrapes.Values)
        {
            var (exitCode, output) = await PrometheusProgram.ReadAsync(text, "promtool", "check", "metrics");
            // 3 is an opinion about names: several of .NET's own gauges end in _count.
            Assert.True(exitCode is 0 or 3, output);
            Assert.DoesNotContain(Prefix, output, StringComparison.Ordinal);
        }
    }

    private IEnumerable<PrometheusFamily> Own(string service) =>
        PrometheusScrape.Parse(mesh.Scrapes[service]).Where(family => family.Name.StartsWith(Prefix, StringComparison.Ordinal));
}
