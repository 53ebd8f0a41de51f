using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests;

/// <summary>The files that docs/architecture.md walks through are there.</summary>
public sealed partial class DocumentPathTests
{
    [Fact]
    public void Every_file_of_the_walk_exists()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
        var paths = SourcePath().Matches(text).Select(match => match.Groups["path"].Value).Distinct().ToArray();
        Assert.True(paths.Length > 20, $"only {paths.Length} paths were found");
        Assert.All(paths, path => Assert.True(File.Exists(Path.Combine(Repository.Root, path)), $"there is no {path}"));
    }

    [GeneratedRegex(@"`(?<path>(services|libs)/[^`]+\.cs)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourcePath();
}
