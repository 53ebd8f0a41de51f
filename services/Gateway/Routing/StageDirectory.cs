using Grpc.Net.Client;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>Replicas for the orchestrator, from the same clusters that YARP routes by.</summary>
internal sealed class StageDirectory(
    IProxyStateLookup clusters, LeastWorkPolicy balance, EjectionPolicy ejection, SilentReplicas silent, StageChannels channels)
{
    /// <summary>A replica that is not in <paramref name="avoid"/> while there is another; null when none takes calls.</summary>
    /// <param name="pool">Where it may go.</param>
    /// <param name="avoid">Replicas that have failed the call.</param>
    /// <param name="units">The call's work.</param>
    public StageLease? Lease(StagePool pool, AvoidedReplicas avoid, double units)
    {
        var taking = Taking(pool).ToArray();
        var fresh = taking.Where(replica => !avoid.Contains(replica.Destination.DestinationId)).ToArray();
        var candidates = fresh.Length > 0 ? fresh : taking;
        if (candidates.Length == 0 || balance.Begin(candidates[0].Cluster, [.. candidates.Select(replica => replica.Destination)], units) is not { } picked)
        {
            return null;
        }
        return new StageLease(candidates.First(replica => replica.Destination == picked).Cluster, picked, units, balance, ejection, silent, channels);
    }

    /// <summary>All of a cluster that calls may go to.</summary>
    public IReadOnlyList<DestinationState> Replicas(string clusterId) =>
        clusters.TryGetCluster(clusterId, out var cluster) ? cluster.DestinationsState.AvailableDestinations : [];

    /// <summary>Whether a replica that takes calls is left besides those in <paramref name="avoid"/>.</summary>
    public bool HasOther(StagePool pool, AvoidedReplicas avoid) => Taking(pool).Any(replica => !avoid.Contains(replica.Destination.DestinationId));

    /// <summary>Whether a replica takes calls: one that serves, or that has not been asked yet.</summary>
    public bool HasAny(StagePool pool) => Taking(pool).Any();

    /// <summary>Whether a replica of a cluster has said that it serves, and has not failed since.</summary>
    public bool IsServing(string clusterId) =>
        clusters.TryGetCluster(clusterId, out var cluster)
        && cluster.DestinationsState.AllDestinations.Any(destination =>
            destination.Health is { Active: DestinationHealth.Healthy, Passive: not DestinationHealth.Unhealthy });

    // When all of a pool are unhealthy, YARP has all of them tried. Here a generation waits instead, or is refused, since a replica that hangs would
    // hold it until its deadline. Those that are left out for failed calls alone are tried.
    private IEnumerable<(ClusterState Cluster, DestinationState Destination)> Taking(StagePool pool)
    {
        foreach (var id in pool.Clusters)
        {
            if (clusters.TryGetCluster(id, out var cluster))
            {
                foreach (var destination in cluster.DestinationsState.AvailableDestinations.Where(one => one.Health.Active != DestinationHealth.Unhealthy))
                {
                    yield return (cluster, destination);
                }
            }
        }
    }

    /// <summary>Closes connections to replicas that are gone.</summary>
    public void Trim() => channels.Trim(clusters.GetClusters()
        .SelectMany(cluster => cluster.DestinationsState.AllDestinations)
        .Select(destination => destination.Model.Config.Address)
        .ToHashSet(StringComparer.OrdinalIgnoreCase));
}

/// <summary>One call to a replica, counted by the load balancing until it is disposed, or until the constructor throws.</summary>
internal sealed class StageLease : IDisposable
{
    private readonly ClusterState _cluster;
    private readonly DestinationState _destination;
    private readonly double _units;
    private readonly LeastWorkPolicy _balance;
    private readonly EjectionPolicy _ejection;
    private readonly StageChannels _channels;

    internal StageLease(
        ClusterState cluster, DestinationState destination, double units, LeastWorkPolicy balance, EjectionPolicy ejection, SilentReplicas silent,
        StageChannels channels)
    {
        (_cluster, _destination, _units, _balance, _ejection, _channels) = (cluster, destination, units, balance, ejection, channels);
        Address = destination.Model.Config.Address;
        // In this order: a replica found silent after the check cancels this token.
        Silent = silent.TokenOf(destination);
        IsSilent = destination.Health.Active == DestinationHealth.Unhealthy;
        try
        {
            Channel = channels.Take(Address);
        }
        catch
        {
            balance.End(destination, units);
            throw;
        }
    }

    public string Id => _destination.DestinationId;

    public string Address { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Is cancelled when the replica is found silent by its health checks.</summary>
    public CancellationToken Silent { get; }

    /// <summary>The replica was found silent while it was picked.</summary>
    public bool IsSilent { get; }

    /// <summary>Tells the passive health check how the call went.</summary>
    public void Report(bool unavailable) => _ejection.Record(_cluster, _destination, unavailable);

    /// <summary>Tells the load balancing how fast the replica was.</summary>
    /// <param name="seconds">Of computation.</param>
    public void Measured(double seconds) => _balance.Measured(_destination, _units, seconds);

    public void Dispose()
    {
        _balance.End(_destination, _units);
        _channels.Return(Address);
    }
}
