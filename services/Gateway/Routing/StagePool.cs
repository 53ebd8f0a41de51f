namespace QwenMesh.Gateway.Routing;

/// <summary>The replicas of one stage that may take one model's calls: those of all clusters whose weights are equal.</summary>
/// <param name="Stage">"encoder", "denoiser" or "vae".</param>
/// <param name="Clusters">Ids of YARP's clusters.</param>
internal sealed record StagePool(string Stage, IReadOnlyList<string> Clusters)
{
    /// <summary>The cluster of a stage in a deployment; the default one has the empty name.</summary>
    public static string ClusterOf(string deployment, string stage) => deployment.Length == 0 ? stage : $"{deployment}/{stage}";
}
