using System.Globalization;
using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>What the Dockerfile's targets say to those who run them.</summary>
internal static partial class ImageFile
{
    private static readonly Dictionary<string, (string Base, List<string> Lines)> Stages = Read();

    /// <summary>The last stages, which nothing else is built on.</summary>
    public static IReadOnlyList<string> Targets => [.. Stages.Keys.Where(name => name != "build" && Stages.Values.All(stage => stage.Base != name))];

    /// <summary>Variables that a target sets, those of the stages below it included.</summary>
    public static IReadOnlyDictionary<string, string> Environment(string target)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var match in Chain(target).SelectMany(line => line.StartsWith("ENV ", StringComparison.Ordinal) ? Variable().Matches(line) : Enumerable.Empty<Match>()))
        {
            all[match.Groups["name"].Value] = match.Groups["value"].Value;
        }
        return all;
    }

    public static IReadOnlyList<int> Ports(string target) =>
        [.. Words(target, "EXPOSE ").Select(port => int.Parse(port, CultureInfo.InvariantCulture))];

    public static string User(string target) => Words(target, "USER ").Last();

    private static IEnumerable<string> Words(string target, string instruction) => Chain(target)
        .Where(line => line.StartsWith(instruction, StringComparison.Ordinal)).SelectMany(line => line[instruction.Length..].Split(' '));

    private static IEnumerable<string> Chain(string name) =>
        Stages.TryGetValue(name, out var stage) ? Chain(stage.Base).Concat(stage.Lines) : [];

    private static Dictionary<string, (string Base, List<string> Lines)> Read()
    {
        var stages = new Dictionary<string, (string Base, List<string> Lines)>(StringComparer.Ordinal);
        var lines = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "Dockerfile")))
        {
            if (From().Match(line) is { Success: true } from)
            {
                stages.Add(from.Groups["name"].Value, (from.Groups["base"].Value, lines = []));
            }
            lines.Add(line);
        }
        return stages;
    }

    [GeneratedRegex(@"^FROM (?<base>\S+) AS (?<name>\w+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex From();

    [GeneratedRegex(@"(?<name>\w+)=(?<value>\S*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}
