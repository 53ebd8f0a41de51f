using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>keda.sh/v1alpha1, as far as the manifests use it.</summary>
internal sealed class ScaledObject : CustomResource<ScaledObjectSpec>;

internal sealed class ScaledObjectSpec
{
    public ScaleTarget ScaleTargetRef { get; set; } = new();

    public int MinReplicaCount { get; set; }

    public int MaxReplicaCount { get; set; }

    public int PollingInterval { get; set; }

    public ScaledFallback Fallback { get; set; } = new();

    public ScaledAdvanced Advanced { get; set; } = new();

    public IList<ScaledTrigger> Triggers { get; set; } = [];
}

internal sealed class ScaleTarget
{
    public string Name { get; set; } = "";
}

internal sealed class ScaledFallback
{
    public int FailureThreshold { get; set; }

    public string Behavior { get; set; } = "";

    public int Replicas { get; set; }
}

internal sealed class ScaledAdvanced
{
    public ScaledAutoscaler HorizontalPodAutoscalerConfig { get; set; } = new();
}

internal sealed class ScaledAutoscaler
{
    public V2HorizontalPodAutoscalerBehavior Behavior { get; set; } = new();
}

internal sealed class ScaledTrigger
{
    public string Type { get; set; } = "";

    public string MetricType { get; set; } = "";

    public PrometheusTrigger Metadata { get; set; } = new();
}

/// <summary>KEDA takes all of them as text.</summary>
internal sealed class PrometheusTrigger
{
    public string ServerAddress { get; set; } = "";

    public string Query { get; set; } = "";

    public string Threshold { get; set; } = "";

    /// <summary>Whether a query without a result counts as 0; KEDA's default.</summary>
    public string IgnoreNullValues { get; set; } = "true";
}
