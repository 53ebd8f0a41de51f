using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace QwenMesh.Gateway;

/// <summary>
/// Whether the Gateway itself takes requests: started and not stopping. The stages do not count, since an empty pool would take every Gateway out of
/// its Service at once; requests for it get 503 with Retry-After.
/// </summary>
internal sealed class OwnReadiness(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("stopping")
        : lifetime.ApplicationStarted.IsCancellationRequested ? HealthCheckResult.Healthy("ready")
        : HealthCheckResult.Unhealthy("starting"));
}
