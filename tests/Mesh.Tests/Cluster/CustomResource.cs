using k8s;
using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>A resource that KubernetesClient has no type for.</summary>
internal abstract class CustomResource<TSpec> : IKubernetesObject<V1ObjectMeta>
    where TSpec : new()
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public TSpec Spec { get; set; } = new();
}
