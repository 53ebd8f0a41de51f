using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>monitoring.coreos.com/v1, as far as the manifests use it.</summary>
internal sealed class ServiceMonitor : CustomResource<ServiceMonitorSpec>;

internal sealed class ServiceMonitorSpec
{
    /// <summary>Label of the Service whose value becomes the label "job".</summary>
    public string JobLabel { get; set; } = "";

    public V1LabelSelector Selector { get; set; } = new();

    public IList<MonitoredEndpoint> Endpoints { get; set; } = [];
}

internal sealed class MonitoredEndpoint
{
    public string Port { get; set; } = "";

    public string Path { get; set; } = "";

    public string Interval { get; set; } = "";

    public string ScrapeTimeout { get; set; } = "";
}
