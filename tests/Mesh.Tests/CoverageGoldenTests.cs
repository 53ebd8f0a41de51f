using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>No golden case is passed over without a word: each is run by a test, or tests/golden/gaps.json says why its pipeline is not.</summary>
public sealed class CoverageGoldenTests
{
    /// <summary>Pipelines that EndToEndGoldenTests runs from the prompt to the picture.</summary>
    private static readonly IReadOnlyList<string> Run = PipelinePictures.Pipelines;

    private static readonly Dictionary<string, string> Gaps = JsonSerializer.Deserialize<Dictionary<string, string>>(
        File.ReadAllText(Path.Combine(GoldenFolder.Default, "gaps.json")))!;

    [Fact]
    public void Every_case_is_run_or_a_known_gap()
    {
        var unknown = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(GoldenFolder.Find(), "cases")).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, "case.json")))
            {
                unknown.Add($"{Path.GetFileName(folder)} has no case.json");
                continue;
            }
            using var golden = GoldenCase.Open(Path.GetFileName(folder));
            if (!Run.Contains(golden.Pipeline, StringComparer.Ordinal) && !Gaps.ContainsKey(golden.Pipeline))
            {
                unknown.Add($"{golden.Name} is of {golden.Pipeline}, which no test runs");
            }
        }
        Assert.True(unknown.Count == 0, string.Join('\n', unknown));
    }

    [Fact]
    public void A_gap_is_closed_by_removing_it()
    {
        Assert.DoesNotContain(Gaps.Keys, Run.Contains);
        Assert.All(Gaps.Values, reason => Assert.False(string.IsNullOrWhiteSpace(reason)));
        Assert.SkipUnless(GoldenFolder.IsDefault, "another golden folder may lack a kind of case");
        Assert.All(Gaps.Keys, pipeline => Assert.NotEmpty(GoldenCase.Of(pipeline)));
    }
}
