using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

internal static class Selectors
{
    /// <summary>Whether labels match; an empty selector takes all, and null none.</summary>
    public static bool Matches(this V1LabelSelector? selector, IDictionary<string, string> labels) =>
        selector is not null
        && (selector.MatchLabels ?? new Dictionary<string, string>()).Matches(labels)
        && (selector.MatchExpressions ?? []).All(expression => expression.OperatorProperty switch
        {
            "In" => labels.TryGetValue(expression.Key, out var value) && expression.Values.Contains(value),
            "Exists" => labels.ContainsKey(expression.Key),
            var other => throw new NotSupportedException(other),
        });

    public static bool Matches(this IDictionary<string, string> wanted, IDictionary<string, string> labels) =>
        wanted.All(pair => labels.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
