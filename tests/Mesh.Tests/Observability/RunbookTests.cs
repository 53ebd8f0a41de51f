using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>The commands of docs/alerts.md find what they look for.</summary>
public sealed partial class RunbookTests
{
    private static string Page { get; } = File.ReadAllText(Path.Combine(Repository.Root, "docs", "alerts.md"));

    [Fact]
    public void Logs_are_those_of_every_replica()
    {
        Assert.Contains("logs -l ", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("qwenmesh logs deployment/", Page, StringComparison.Ordinal);
        // Else a selector shows the last ten lines of each.
        Assert.All(Logs().Matches(Page), command => Assert.Contains("--tail=-1", command.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Words_that_are_looked_for_in_logs_are_written_there()
    {
        var messages = new[] { "libs", "services" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => Message().Matches(File.ReadAllText(file)).Select(match => match.Groups["text"].Value)).ToArray();
        var searches = Search().Matches(Page);
        Assert.True(searches.Count > 3);
        Assert.All(searches, search => Assert.Contains(messages, message => message.Contains(
            search.Groups["word"].Value, search.Groups["ignoreCase"].Success ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)));
    }

    [Fact]
    public void The_script_that_a_pod_is_asked_with_is_in_its_image()
    {
        var path = Assert.Single(Script().Matches(Page).Select(match => match.Groups["path"].Value).Distinct());
        Assert.Contains($" {path}\n", File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile")), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"qwenmesh logs -l [^|`]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Logs();

    [GeneratedRegex(@"\| grep (?<ignoreCase>-i )?(?<quote>'?)(?<word>[\w ]+)\k<quote>`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Search();

    [GeneratedRegex(@"LoggerMessage\(\d+, LogLevel\.\w+,\s*""(?<text>[^""]*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Message();

    [GeneratedRegex(@"exec POD -- bash (?<path>/[\w/]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Script();
}
