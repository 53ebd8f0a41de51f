using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>The names in a query of Prometheus.</summary>
/// <param name="Metrics">As they are asked for, e.g. "x_seconds_bucket".</param>
/// <param name="Labels">Of selectors and of groupings.</param>
internal sealed partial record PromQuery(IReadOnlyList<string> Metrics, IReadOnlyList<string> Labels)
{
    private static readonly string[] Operators = ["and", "or", "unless"];

    public static PromQuery Read(string text)
    {
        var groupings = Grouping().Matches(text).SelectMany(match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        var selectors = Selector().Matches(text).SelectMany(match => Matcher().Matches(match.Value).Select(matcher => matcher.Groups["label"].Value));
        var rest = Selector().Replace(Grouping().Replace(Range().Replace(text, " "), " "), " ");
        var metrics = Name().Matches(rest).Select(match => match.Value).Except(Operators);
        return new([.. metrics.Distinct()], [.. groupings.Concat(selectors).Distinct()]);
    }

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Grouping();

    [GeneratedRegex("""\{([^}"]|"[^"]*")*\}""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Selector();

    [GeneratedRegex("(?<label>\\w+)\\s*(=~|!~|!=|=)\\s*\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\[[^\]]*\]|\boffset\s+\w+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Range();

    // Not a function, and not the end of a number such as 1e6.
    [GeneratedRegex(@"(?<![\w.])[a-zA-Z_:][\w:]*\b(?!\s*\()", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
