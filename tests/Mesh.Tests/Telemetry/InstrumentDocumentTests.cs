namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>The metrics that the mesh exports over OTLP and those that docs/telemetry.md lists are the same.</summary>
[Collection(TracedMeshCollection.Name)]
public sealed class InstrumentDocumentTests(TracedMesh mesh)
{
    private readonly IReadOnlyList<DocumentRow> _rows = DocumentTable.Read("Instruments");

    [Fact]
    public void Every_instrument_of_the_mesh_is_documented() => Assert.All(Own, instrument =>
    {
        var row = _rows.SingleOrDefault(row => row.Name("instrument") == instrument.Name);
        Assert.True(row is not null, $"{instrument.Name} of {instrument.Meter} is not documented");
        Assert.Equal(
            (row.Name("meter"), row["kind"], row["unit"]), (instrument.Meter, instrument.Kind, instrument.Unit));
        Assert.Contains(instrument.Service, row.Services);
        var tags = DocumentTable.Tags(row["tags"]).Select(tag => tag.Name).Order(StringComparer.Ordinal).ToArray();
        Assert.NotEmpty(instrument.Points);
        Assert.All(instrument.Points, seen => Assert.Equal(tags, seen));
    });

    [Fact]
    public void Every_documented_instrument_is_exported_by_the_services_that_the_row_names() =>
        Assert.All(_rows.Where(row => !row.IsConditional), row => Assert.Equal(
            row.Services.Order(StringComparer.Ordinal),
            Own.Where(seen => seen.Name == row.Name("instrument")).Select(seen => seen.Service).Order(StringComparer.Ordinal)));

    [Fact]
    public void The_other_meters_are_those_that_are_documented()
    {
        var rows = DocumentTable.Read("Meters of the framework");
        var seen = mesh.Instruments.Where(instrument => !IsOwn(instrument)).Select(instrument => (instrument.Meter, instrument.Service)).ToHashSet();
        Assert.Subset(Pairs(rows), seen);
        Assert.Superset(Pairs(rows.Where(row => !row.IsConditional)), seen);
    }

    [Fact]
    public void The_resource_is_the_documented_one() => Assert.Equal(
        DocumentTable.Read("Resource").SelectMany(row => DocumentTable.Tags(row["attribute"])).Select(tag => tag.Name).Order(StringComparer.Ordinal),
        mesh.Collector.Resource.Distinct().Order(StringComparer.Ordinal));

    private IEnumerable<ExportedInstrument> Own => mesh.Instruments.Where(IsOwn);

    private static bool IsOwn(ExportedInstrument instrument) => instrument.Meter.StartsWith("QwenMesh.", StringComparison.Ordinal);

    private static HashSet<(string Meter, string Service)> Pairs(IEnumerable<DocumentRow> rows) =>
        [.. rows.SelectMany(row => row.Services.Select(service => (row.Name("meter"), service)))];
}
