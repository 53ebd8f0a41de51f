using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace QwenMesh.ServiceDefaults;

/// <summary>Whether the stage takes work: after its warm-up and until it is told to stop.</summary>
public sealed class StageReadiness : IHealthCheck
{
    private volatile string? _reason = "the model is loading";

    /// <summary>Why the stage takes no work; null when it does.</summary>
    public string? Reason => _reason;

    public bool IsReady => _reason is null;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_reason is { } reason ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy("ready"));

    internal void TurnOn() => _reason = null;

    internal void TurnOff(string reason) => _reason = reason;
}
