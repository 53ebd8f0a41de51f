using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>The spans that the mesh exports and those that docs/telemetry.md lists are the same.</summary>
[Collection(TracedMeshCollection.Name)]
public sealed class SpanDocumentTests(TracedMesh mesh)
{
    private readonly IReadOnlyList<DocumentRow> _rows = DocumentTable.Read("Spans");

    [Fact]
    public void Every_exported_span_is_documented_with_its_service_tags_and_events() => Assert.All(mesh.Collector.Spans, span =>
    {
        var row = Row(span);
        Assert.True(row is not null, $"{span.Source} '{span.Name}' of {span.Service} is not documented");
        Assert.Contains(span.Service, row.Services);
        AssertTags(DocumentTable.Tags(row["tags"]), span.Tags);
        var documented = DocumentTable.Tags(row["events"]);
        Assert.All(span.Events, happened =>
        {
            Assert.Equal(documented[0].Name, happened.Name);
            AssertTags([.. documented.Skip(1).Select(tag => tag with { IsConditional = false })], happened.Tags);
        });
    });

    [Fact]
    public void Every_documented_span_is_exported_by_the_services_that_the_row_names() =>
        Assert.All(_rows.Where(row => !row.IsConditional), row =>
        {
            var seen = mesh.Collector.Spans.Where(span => Row(span) == row).ToArray();
            Assert.Equal(row.Services.Order(StringComparer.Ordinal), seen.Select(span => span.Service).Distinct().Order(StringComparer.Ordinal));
            Assert.True(row["events"].Length == 0 || seen.All(span => span.Events.Count > 0), $"no event: {row}");
        });

    private static void AssertTags(IReadOnlyList<DocumentedTag> documented, IReadOnlyList<string> seen)
    {
        Assert.Subset(documented.Select(tag => tag.Name).ToHashSet(), seen.ToHashSet());
        Assert.Superset(documented.Where(tag => !tag.IsConditional).Select(tag => tag.Name).ToHashSet(), seen.ToHashSet());
    }

    private DocumentRow? Row(ExportedSpan span) =>
        _rows.FirstOrDefault(row => row.Name("source") == span.Source && Pattern(row.Name("span")).IsMatch(span.Name));

    // {route} stands for a path, every other word in braces for a name.
    private static Regex Pattern(string name)
    {
        var pattern = Regex.Escape(name).Replace(@"\{route}", @"/\S*", StringComparison.Ordinal);
        foreach (var word in new[] { "method", "service" })
        {
            pattern = pattern.Replace($@"\{{{word}}}", @"[^\s/]+", StringComparison.Ordinal);
        }
        return new Regex($"^{pattern}$", RegexOptions.None, TimeSpan.FromSeconds(1));
    }
}
