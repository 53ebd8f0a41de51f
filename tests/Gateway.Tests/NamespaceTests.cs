using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace QwenMesh.Gateway.Tests;

/// <summary>
/// The Gateway's folders, which are its namespaces, can be put in an order in which each uses only those before it. The root composes everything; the
/// others use its options and instrumentation, and nothing else of it.
/// </summary>
public sealed partial class NamespaceTests
{
    // Of the root, what is not composition.
    private static readonly string[] Shared = ["GatewayOptions", "GatewayInstrumentation", "StageSpan", "RequestIdentity"];

    // Longest time of one search.
    private const int Milliseconds = 10_000;

    private static string Root([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "services", "Gateway");

    [Fact]
    public void Namespaces_form_no_cycle()
    {
        var uses = Uses();
        Assert.Contains("Stages", uses["Orchestration"]);
        Assert.Contains("Generation", uses["Artifacts"]);
        foreach (var folder in uses.Keys)
        {
            Assert.True(Cycle(uses, [folder]) is not { } cycle, $"a cycle: {string.Join(" -> ", Cycle(uses, [folder]) ?? [])}");
        }
    }

    [Fact]
    public void Of_the_root_only_options_and_instrumentation_are_used()
    {
        var composition = Directory.EnumerateFiles(Root(), "*.cs").SelectMany(file => Types().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["name"].Value).Except(Shared).ToArray();
        Assert.Contains("GatewayRegistration", composition);
        var names = new Regex($@"\b({string.Join('|', composition)})\b", RegexOptions.ExplicitCapture, TimeSpan.FromMilliseconds(Milliseconds));
        var uses = Folders().SelectMany(folder => Files(folder)).Where(file => names.IsMatch(Comments().Replace(File.ReadAllText(file), "")));
        Assert.Empty(uses);
    }

    [Fact]
    public void A_cycle_is_found()
    {
        var uses = new Dictionary<string, SortedSet<string>> { ["A"] = ["B"], ["B"] = ["C", "D"], ["C"] = [], ["D"] = ["A"] };
        Assert.Equal(["A", "B", "D", "A"], Cycle(uses, ["A"]));
        Assert.Null(Cycle(uses, ["C"]));
    }

    private static List<string>? Cycle(Dictionary<string, SortedSet<string>> uses, List<string> way)
    {
        foreach (var next in uses.GetValueOrDefault(way[^1], []))
        {
            if (next == way[0])
            {
                return [.. way, next];
            }
            if (!way.Contains(next) && Cycle(uses, [.. way, next]) is { } cycle)
            {
                return cycle;
            }
        }
        return null;
    }

    private static string[] Folders()
    {
        string[] folders = [.. Directory.GetDirectories(Root()).Select(folder => Path.GetFileName(folder)!).Where(folder => Files(folder).Any())];
        Assert.True(folders.Length > 8, $"{folders.Length} folders");
        return folders;
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.cs", SearchOption.AllDirectories);

    private static Dictionary<string, SortedSet<string>> Uses()
    {
        var folders = Folders();
        return folders.ToDictionary(folder => folder, folder => new SortedSet<string>(
            Files(folder).SelectMany(file => Targets(File.ReadAllText(file))).Where(target => target != folder && folders.Contains(target)), StringComparer.Ordinal));
    }

    // By using directives, with an alias or without, and by names that begin with a folder's, e.g. Generation.FaultKind.
    private static IEnumerable<string> Targets(string code) =>
        Using().Matches(code).Concat(Qualified().Matches(Comments().Replace(Directives().Replace(code, ""), ""))).Select(match => match.Groups["folder"].Value);

    [GeneratedRegex(@"^using (static |\w+ = )?QwenMesh\.Gateway\.(?<folder>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Milliseconds)]
    private static partial Regex Using();

    // After another name it is that one's; the Gateway's own does not count as another.
    [GeneratedRegex(@"(?:(?<![\w.])|(?<=(?<![\w.])(?:QwenMesh\.)?Gateway\.))(?<folder>[A-Z]\w*)\.(?=[A-Z])", RegexOptions.ExplicitCapture, Milliseconds)]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^(using|namespace) .*;\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Milliseconds)]
    private static partial Regex Directives();

    [GeneratedRegex(@"//.*$|""[^""\n]*""", RegexOptions.Multiline, Milliseconds)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum) (?<name>[A-Z]\w*)", RegexOptions.ExplicitCapture, Milliseconds)]
    private static partial Regex Types();
}
