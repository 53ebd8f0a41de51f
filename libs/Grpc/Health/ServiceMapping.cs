namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The checks that decide about one service.</summary>
public sealed class ServiceMapping
{
    /// <summary>The checks that the predicate chooses decide about the service.</summary>
    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        Name = name;
        HealthCheckPredicate = predicate;
    }

    /// <summary>Full name of the service; empty for the server.</summary>
    public string Name { get; }

    /// <summary>True for checks that decide.</summary>
    public Func<HealthCheckMapContext, bool> HealthCheckPredicate { get; }
}
