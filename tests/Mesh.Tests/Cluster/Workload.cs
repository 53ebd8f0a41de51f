using System.Globalization;
using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Pods of one kind.</summary>
/// <param name="Replicas">Null where something else scales it, or for Kubernetes' default of one.</param>
internal sealed record Workload(string Name, int? Replicas, V1LabelSelector Selector, V1PodTemplateSpec Template)
{
    public const string Product = "qwenmesh";
    public const string Gateway = "gateway";
    public const string NameLabel = "app.kubernetes.io/name";
    public const string ComponentLabel = "app.kubernetes.io/component";

    private const string ImagePrefix = "qwenmesh-";

    public IDictionary<string, string> Labels => Template.Metadata.Labels;

    public V1PodSpec Pod => Template.Spec;

    public V1Container Container => Assert.Single(Pod.Containers);

    /// <summary>The Dockerfile's target that its image is built from: encoder of registry/qwenmesh-encoder:0.1.0.</summary>
    public string ImageTarget => TargetOf(Container.Image);

    /// <summary>The service's program, e.g. Encoder.</summary>
    public string Service => char.ToUpperInvariant(Name[0]) + Name[1..];

    public static string TargetOf(string image)
    {
        var name = image[(image.LastIndexOf('/') + 1)..].Split(':')[0];
        Assert.StartsWith(ImagePrefix, name, StringComparison.Ordinal);
        return name[ImagePrefix.Length..];
    }

    /// <summary>Number of a port that is given by number or by name.</summary>
    public int PortOf(IntOrString port) => int.TryParse(port.ToString(), CultureInfo.InvariantCulture, out var number) ? number : Port(port.ToString());

    public int Port(string name) => Container.Ports.Single(port => port.Name == name).ContainerPort;

    public override string ToString() => Name;
}
