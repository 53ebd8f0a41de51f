using QwenMesh.Mesh.Tests.Cluster;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>monitoring.coreos.com/v1, as far as the alerts use it.</summary>
internal sealed class PrometheusRule : CustomResource<PrometheusRuleSpec>;

internal sealed class PrometheusRuleSpec
{
    public IList<AlertGroup> Groups { get; set; } = [];
}

internal sealed class AlertGroup
{
    public string Name { get; set; } = "";

    public IList<AlertRule> Rules { get; set; } = [];
}

internal sealed class AlertRule
{
    public string Alert { get; set; } = "";

    public string Expr { get; set; } = "";

    public string For { get; set; } = "";

    public IDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    public IDictionary<string, string> Annotations { get; set; } = new Dictionary<string, string>();
}
