namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A health check, for predicates to choose.</summary>
public sealed class HealthCheckMapContext
{
    /// <summary>A check by its registration.</summary>
    public HealthCheckMapContext(string name, IEnumerable<string> tags)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tags);
        Name = name;
        Tags = tags;
    }

    /// <summary>The name it was registered with.</summary>
    public string Name { get; }

    /// <summary>The tags it was registered with.</summary>
    public IEnumerable<string> Tags { get; }
}
