using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests;

/// <summary>What the documents name is there: files, folders, links, classes, and the sections of docs/model.md that the code cites.</summary>
public sealed partial class DocumentPathTests
{
    private static readonly string[] SourceFolders = ["libs", "services", "protos", "tests", "bench"];

    private static readonly string[] Sources = [.. SourceFolders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))];

    /// <summary>Decisions tell of their time, files included that are gone since; their links have to work all the same.</summary>
    public static TheoryData<string> Documents => [.. DocumentPaths().Where(path => !path.StartsWith("docs/decisions/0", StringComparison.Ordinal))];

    public static TheoryData<string> AllDocuments => [.. DocumentPaths()];

    [Fact]
    public void Every_file_of_the_walk_exists()
    {
        var paths = SourcePath().Matches(Text("docs/architecture.md")).Select(match => match.Groups["path"].Value).Distinct().ToArray();
        Assert.True(paths.Length > 20, $"only {paths.Length} paths were found");
        Assert.All(paths, path => Assert.True(File.Exists(Full(path)), $"there is no {path}"));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Files_and_folders_that_a_document_names_exist(string document)
    {
        var missing = Code().Matches(Text(document)).Select(match => match.Groups["code"].Value).Distinct().Where(name => !Exists(name));
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(AllDocuments))]
    public void Links_of_a_document_lead_somewhere(string document)
    {
        var folder = Path.GetDirectoryName(Full(document))!;
        var dead = Link().Matches(Text(document)).Select(match => match.Groups["target"].Value).Where(target => !LeadsSomewhere(folder, document, target));
        Assert.Empty(dead);
    }

    [Fact]
    public void Classes_that_the_model_page_names_beside_its_chapters_exist()
    {
        var words = Sources.Where(path => IsProduct(path) && path.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(path => Word().Matches(Text(path)).Select(match => match.Value)).ToHashSet(StringComparer.Ordinal);
        var names = CodeParagraph().Matches(Text("docs/model.md")).SelectMany(paragraph => Code().Matches(paragraph.Value))
            .Select(match => match.Groups["code"].Value).Where(name => ClassName().IsMatch(name)).ToArray();
        Assert.True(names.Length > 20, $"only {names.Length} names were found");
        Assert.Empty(names.Except(words));
    }

    [Fact]
    public void Sections_of_the_model_page_that_the_code_cites_exist()
    {
        var headings = Heading().Matches(Text("docs/model.md")).Select(match => match.Groups["number"].Value).ToHashSet(StringComparer.Ordinal);
        var cited = Sources.Where(path => IsProduct(path) && path.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(path => Citation().Matches(Text(path)).SelectMany(match => Number().Matches(match.Groups["numbers"].Value))
                .Select(number => (path, number.Value))).ToArray();
        Assert.True(cited.Length > 20, $"only {cited.Length} citations were found");
        Assert.All(cited, citation => Assert.True(headings.Contains(citation.Value), $"{citation.path} cites section {citation.Value}, which is not there"));
    }

    private static IEnumerable<string> DocumentPaths()
    {
        string[] folders = ["docs", "docs/decisions", .. Directory.GetDirectories(Full("services")).Select(path => "services/" + Path.GetFileName(path))];
        return ["README.md", "CONTRIBUTING.md", "bench/README.md", "k8s/README.md", "models/README.md",
            .. folders.SelectMany(folder => Directory.GetFiles(Full(folder), "*.md").Select(path => $"{folder}/{Path.GetFileName(path)}")).Order(StringComparer.Ordinal)];
    }

    /// <summary>True of what is no path of this repository, such as a placeholder (XxxService.cs, models/NAME) or a command.</summary>
    private static bool Exists(string name)
    {
        if (name.Contains("Xxx", StringComparison.Ordinal) || name.Contains("NAME", StringComparison.Ordinal))
        {
            return true;
        }
        if (RootedPath().IsMatch(name))
        {
            var (folder, file) = (Path.GetDirectoryName(name)!, Path.GetFileName(name));
            return name.Contains('*', StringComparison.Ordinal)
                ? Directory.Exists(Full(folder)) && Directory.EnumerateFileSystemEntries(Full(folder), file).Any()
                : Path.Exists(Full(name));
        }
        if (SourceFile().IsMatch(name))
        {
            return Sources.Any(path => path.EndsWith("/" + name, StringComparison.Ordinal));
        }
        return !SourceFolder().IsMatch(name) || Sources.Any(path => path.Contains("/" + name, StringComparison.Ordinal));
    }

    private static bool LeadsSomewhere(string folder, string document, string target)
    {
        if (target.Contains("://", StringComparison.Ordinal))
        {
            return true;
        }
        var (path, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, null);
        var file = path.Length == 0 ? Full(document) : Path.GetFullPath(Path.Combine(folder, path));
        return Path.Exists(file) && (anchor is null || Anchor().Matches(File.ReadAllText(file)).Any(match => Slug(match.Groups["title"].Value) == anchor));
    }

    /// <summary>What GitHub makes of a heading.</summary>
    private static string Slug(string title) => string.Concat(title.Trim().Where(character => char.IsLetterOrDigit(character) || character is ' ' or '-' or '_')
        .Select(character => character == ' ' ? '-' : char.ToLowerInvariant(character)));

    private static bool IsProduct(string path) => path.StartsWith("libs/", StringComparison.Ordinal) || path.StartsWith("services/", StringComparison.Ordinal);

    private static string Full(string path) => Path.Combine(Repository.Root, path);

    private static string Text(string path) => File.ReadAllText(Full(path));

    [GeneratedRegex(@"`(?<path>(services|libs)/[^`]+\.cs)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourcePath();

    [GeneratedRegex(@"`(?<code>[^`\n]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"^(services|libs|protos|tests|docs|bench|models)/[\w./*-]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RootedPath();

    [GeneratedRegex(@"^[\w./-]+\.(cs|proto)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourceFile();

    [GeneratedRegex(@"^[A-Z]\w*(/\w+)*/$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourceFolder();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<title>.+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Anchor();

    [GeneratedRegex(@"\*\*Code\.\*\*(.+\n)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeParagraph();

    [GeneratedRegex(@"^[A-Z][a-z]\w+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ClassName();

    [GeneratedRegex(@"\w+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"^##+ (?<number>\d+(\.\d+)?)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"docs/model\.md (?<numbers>\d+(\.\d+)?((, | and )\d+(\.\d+)?)*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Citation();

    [GeneratedRegex(@"\d+(\.\d+)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
