using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>From the results of checks to the status of a service.</summary>
internal static class HealthCheckStatus
{
    /// <summary>A degraded check still serves; a service without checks does too.</summary>
    public static ServingStatus Of(HealthReport report, ServiceMapping mapping)
    {
        foreach (var (name, entry) in report.Entries)
        {
            if (entry.Status == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy
                && mapping.HealthCheckPredicate(new HealthCheckMapContext(name, entry.Tags)))
            {
                return ServingStatus.NotServing;
            }
        }

        return ServingStatus.Serving;
    }
}
