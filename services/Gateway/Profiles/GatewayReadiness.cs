using QwenMesh.Gateway.Routing;

namespace QwenMesh.Gateway.Profiles;

/// <summary>Whether a request can be answered now: every pool has a serving replica, and their models fit together.</summary>
internal sealed class GatewayReadiness(StageDirectory stages, ModelDirectory models, IHostApplicationLifetime lifetime)
{
    /// <summary>Why not; null when ready.</summary>
    public string? Reason
    {
        get
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return "Service is stopping.";
            }
            var missing = StageNames.All.Where(stage => !stages.IsServing(StagePool.ClusterOf("", stage))).ToArray();
            if (missing.Length > 0)
            {
                return $"Service is not ready: no serving replica of {string.Join(", ", missing)}.";
            }
            return models.Current is null ? $"Service is not ready: {models.Reason}." : null;
        }
    }
}
