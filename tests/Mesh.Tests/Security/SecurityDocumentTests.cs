using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Security;

/// <summary>What docs/security.md says has tests: every line of its tables names some, and they exist.</summary>
public sealed partial class SecurityDocumentTests
{
    private static readonly string[] Lines = [.. File.ReadLines(Path.Combine(Repository.Root, "docs", "security.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !Head().IsMatch(line))];

    [Fact]
    public void Every_line_names_a_test()
    {
        Assert.True(Lines.Length > 10, $"only {Lines.Length} lines were found");
        Assert.All(Lines, line => Assert.Matches(Name(), line));
    }

    [Fact]
    public void Every_named_test_exists()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests*.cs", SearchOption.AllDirectories)
            .ToLookup(path => Path.GetFileName(path).Split('.')[0], StringComparer.Ordinal);
        Assert.All(Lines.SelectMany(line => Name().Matches(line)), name => Assert.True(
            sources[name.Groups["class"].Value].Any(path => IsTest(File.ReadAllText(path), name.Groups["method"].Value)), $"there is no test {name.Value}"));
    }

    private static bool IsTest(string source, string method) =>
        Regex.IsMatch(source, $@"\[(Fact|Theory|InlineData\(.*|MemberData\(.*)\]\n    public (async )?(Task|void) {method}\(", RegexOptions.None, TimeSpan.FromSeconds(1));

    [GeneratedRegex(@"^\| (can|cannot) \|", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Head();

    [GeneratedRegex(@"`(?<class>\w+Tests)\.(?<method>[A-Z]\w+_\w+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
