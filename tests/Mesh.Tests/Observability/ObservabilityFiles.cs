using System.Text.Json;
using QwenMesh.Mesh.Tests.Cluster;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>What k8s/observability holds.</summary>
internal static class ObservabilityFiles
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "k8s", "observability");

    public static string Rules { get; } = Path.Combine(Folder, "rules.yaml");

    public static string UnitTests { get; } = Path.Combine(Repository.Root, "tests", "Mesh.Tests", "Observability", "rules.test.yaml");

    /// <summary>All alerts, of the manifest that is made of the rules.</summary>
    public static IReadOnlyList<AlertRule> Alerts { get; } =
        [.. Assert.IsType<PrometheusRule>(Assert.Single(Overlay.Parse(File.ReadAllText(Path.Combine(Folder, "prometheus-rule.yaml"))))).Spec.Groups.SelectMany(group => group.Rules)];

    /// <summary>The panels of all dashboards that ask for something.</summary>
    public static IReadOnlyList<Panel> Panels { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "dashboards"), "*.json").Order(StringComparer.Ordinal).SelectMany(PanelsOf)];

    private static IEnumerable<Panel> PanelsOf(string file)
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _)).Select(panel => new Panel(
            $"{Path.GetFileNameWithoutExtension(file)}: {panel.GetProperty("title").GetString()}",
            panel.GetProperty("description").GetString()!,
            [.. panel.GetProperty("targets").EnumerateArray().Select(target => Query(target.GetProperty("expr").GetString()!))]))];
    }

    // What Grafana puts in.
    private static string Query(string expression) => expression
        .Replace("$namespace", "qwenmesh", StringComparison.Ordinal).Replace("$__rate_interval", "1m", StringComparison.Ordinal);
}

internal sealed record Panel(string Name, string Description, IReadOnlyList<string> Queries)
{
    /// <summary>It is empty until something happens that does not happen to every mesh.</summary>
    public bool MayBeEmpty => Description.StartsWith("Only ", StringComparison.Ordinal);
}
