using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests;

/// <summary>The options of the services and those that the documents list are the same, by their names.</summary>
public sealed partial class DocumentOptionTests
{
    private static readonly string[] Files = [.. new[] { "libs/ServiceDefaults", "libs/StageHost", "services" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*Options.cs", SearchOption.AllDirectories))];

    private static readonly string[] Documents = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
        .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "services"), "README.md", SearchOption.AllDirectories))];

    private static readonly HashSet<string> Names = Read();

    [Fact]
    public void Every_option_is_documented()
    {
        var text = string.Concat(Documents.Select(File.ReadAllText));
        var undocumented = Names.Where(name => !Regex.IsMatch(text, $@":{name}\b", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.Empty(undocumented);
    }

    [Fact]
    public void Every_documented_option_exists() => Assert.All(Documents, document => Assert.All(
        Keys().Matches(File.ReadAllText(document)).Select(match => match.Groups["name"].Value).Distinct(),
        name => Assert.True(Names.Contains(name) || name == "Pictures", $"{Path.GetRelativePath(Repository.Root, document)} has an option {name}, which no service has")));

    private static HashSet<string> Read()
    {
        var names = Files.SelectMany(file => Property().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value)).ToHashSet(StringComparer.Ordinal);
        Assert.True(names.Count > 40, $"only {names.Count} options were found");
        return names;
    }

    [GeneratedRegex(@"public [\w<>, ]+ (?<name>\w+) \{ get;( set;)? \}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Property();

    [GeneratedRegex(@"`(Model|Stage|Engine|Encoder|Denoiser|Vae|Gateway|Stages|Tls)?:(?<name>[A-Z]\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Keys();
}
