using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>A table of docs/telemetry.md.</summary>
internal static partial class DocumentTable
{
    /// <summary>The rows of the table under a heading.</summary>
    public static IReadOnlyList<DocumentRow> Read(string heading)
    {
        var lines = File.ReadLines(Path.Combine(Repository.Root, "docs", "telemetry.md"))
            .SkipWhile(line => line != $"## {heading}").SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|')).ToArray();
        Assert.True(lines.Length > 2, $"docs/telemetry.md has no table under '{heading}'");
        var columns = Cells(lines[0]);
        return [.. lines.Skip(2).Select(line => new DocumentRow(columns, Cells(line)))];
    }

    /// <summary>`a`, (`b`), `c`: x, y.</summary>
    public static IReadOnlyList<DocumentedTag> Tags(string cell) =>
        [.. Tag().Matches(cell).Select(match => new DocumentedTag(match.Groups["name"].Value, match.Groups["only"].Success, Split(match.Groups["values"].Value)))];

    public static string[] Split(string list) => list.Split(", ", StringSplitOptions.RemoveEmptyEntries);

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];

    [GeneratedRegex(@"(?<only>\()?`(?<name>[^`]+)`(: (?<values>[a-z_]+(, [a-z_]+)*))?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tag();
}

/// <param name="IsConditional">In brackets: there only where it applies.</param>
/// <param name="Values">Empty when any value may come.</param>
internal sealed record DocumentedTag(string Name, bool IsConditional, IReadOnlyList<string> Values);

internal sealed record DocumentRow(string[] Columns, string[] Cells)
{
    /// <summary>The last column says that the row is seen under some condition alone.</summary>
    public bool IsConditional => Cells[^1].StartsWith("only ", StringComparison.Ordinal);

    public string[] Services => DocumentTable.Split(this["by"]);

    /// <summary>A cell without its backticks.</summary>
    public string Name(string column) => this[column].Trim('`');

    public string this[string column] => Cells[Array.IndexOf(Columns, column)];

    public override string ToString() => string.Join(" | ", Cells);
}
