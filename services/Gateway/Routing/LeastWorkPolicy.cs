using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>
/// Picks the replica that would be done first: the work that it has, and the call's own, at the rate that its calls were computed at. It counts both kinds of
/// calls, those that YARP forwards from the gRPC port, whose work is not known and taken for a usual call's, and those of the orchestrator. Replicas that
/// are about equal take turns, so that small differences in what was measured send nobody all the calls.
/// </summary>
internal sealed class LeastWorkPolicy(TimeProvider time) : ILoadBalancingPolicy
{
    public const string PolicyName = "LeastWork";

    // Costs that differ by less are equal.
    private const double Equal = 1.25;

    private readonly ConditionalWeakTable<DestinationState, ReplicaLoad> _loads = [];
    // By cluster: with one for all, a stage that is called an even number of times per generation would always have the same turn.
    private readonly ConditionalWeakTable<ClusterState, StrongBox<uint>> _turns = [];
    private readonly Lock _lock = new();

    public string Name => PolicyName;

    public DestinationState? PickDestination(
        HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        lock (_lock)
        {
            return Pick(cluster, availableDestinations, units: null);
        }
    }

    /// <summary>Picks a replica for a call of the orchestrator and counts the call until <see cref="End"/>.</summary>
    /// <param name="cluster">The pool.</param>
    /// <param name="destinations">Those of it that take the call.</param>
    /// <param name="units">The call's work, in units that all calls to the pool have in common.</param>
    public DestinationState? Begin(ClusterState cluster, IReadOnlyList<DestinationState> destinations, double units)
    {
        lock (_lock)
        {
            var picked = Pick(cluster, destinations, units);
            if (picked is not null)
            {
                _loads.GetOrCreateValue(picked).Begin(units);
            }
            return picked;
        }
    }

    public void End(DestinationState destination, double units)
    {
        lock (_lock)
        {
            _loads.GetOrCreateValue(destination).End(units);
        }
    }

    /// <summary>A replica has computed a call.</summary>
    /// <param name="destination">Which one.</param>
    /// <param name="units">The call's work.</param>
    /// <param name="seconds">That the computation took, without waiting for its turn.</param>
    public void Measured(DestinationState destination, double units, double seconds)
    {
        lock (_lock)
        {
            _loads.GetOrCreateValue(destination).Measured(units, seconds, time.GetTimestamp());
        }
    }

    /// <summary>Calls in progress on a replica, of both kinds.</summary>
    public int Calls(DestinationState destination) =>
        destination.ConcurrentRequestCount + (_loads.TryGetValue(destination, out var load) ? load.Calls : 0);

    private DestinationState? Pick(ClusterState cluster, IReadOnlyList<DestinationState> destinations, double? units)
    {
        if (destinations.Count == 0)
        {
            return null;
        }
        var loads = destinations.Select(_loads.GetOrCreateValue).ToArray();
        var usual = loads.Where(load => load.UsualUnits > 0).Select(load => load.UsualUnits).DefaultIfEmpty(1).Average();
        var costs = loads.Select((load, i) =>
            (load.Units + (destinations[i].ConcurrentRequestCount * usual) + (units ?? usual)) * Rate(load, loads)).ToArray();
        var most = costs.Min() * Equal;
        var first = (int)(_turns.GetOrCreateValue(cluster).Value++ % (uint)destinations.Count);
        return Enumerable.Range(0, destinations.Count).Select(i => (first + i) % destinations.Count)
            .Where(i => costs[i] <= most).Select(i => destinations[i]).MinBy(Calls);
    }

    // Seconds for a unit: as measured, and as time passes more and more as the others need, so that a replica that was slow gets another chance.
    private double Rate(ReplicaLoad load, ReplicaLoad[] all)
    {
        var others = all.Where(other => other != load && other.SecondsPerUnit > 0).Select(other => other.SecondsPerUnit).ToArray();
        if (load.SecondsPerUnit <= 0)
        {
            return others.Length > 0 ? others.Average() : 1;
        }
        var trust = Math.Pow(0.5, time.GetElapsedTime(load.MeasuredAt) / ReplicaLoad.HalfLife);
        return others.Length > 0 ? (load.SecondsPerUnit * trust) + (others.Average() * (1 - trust)) : load.SecondsPerUnit;
    }
}
