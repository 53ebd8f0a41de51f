using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>
/// Least requests over both kinds of calls: those that YARP forwards from the gRPC port, which YARP counts, and those of the
/// orchestrator, which are counted here. Equal replicas take turns.
/// </summary>
internal sealed class LeastCallsPolicy : ILoadBalancingPolicy
{
    public const string PolicyName = "LeastCalls";

    private readonly ConditionalWeakTable<DestinationState, StrongBox<int>> _calls = [];
    // By cluster: with one for all, a stage that is called an even number of times per generation would always have the same turn.
    private readonly ConditionalWeakTable<ClusterState, StrongBox<uint>> _turns = [];
    private readonly Lock _lock = new();

    public string Name => PolicyName;

    public DestinationState? PickDestination(
        HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        lock (_lock)
        {
            return Least(cluster, availableDestinations);
        }
    }

    /// <summary>Picks a replica for a call of the orchestrator and counts the call until <see cref="End"/>.</summary>
    public DestinationState? Begin(ClusterState cluster, IReadOnlyList<DestinationState> destinations)
    {
        lock (_lock)
        {
            var least = Least(cluster, destinations);
            if (least is not null)
            {
                _calls.GetOrCreateValue(least).Value++;
            }
            return least;
        }
    }

    public void End(DestinationState destination)
    {
        lock (_lock)
        {
            _calls.GetOrCreateValue(destination).Value--;
        }
    }

    /// <summary>Calls in progress on a replica, of both kinds.</summary>
    public int Calls(DestinationState destination) =>
        destination.ConcurrentRequestCount + (_calls.TryGetValue(destination, out var calls) ? calls.Value : 0);

    private DestinationState? Least(ClusterState cluster, IReadOnlyList<DestinationState> destinations)
    {
        DestinationState? least = null;
        var fewest = int.MaxValue;
        var first = destinations.Count == 0 ? 0 : (int)(_turns.GetOrCreateValue(cluster).Value++ % (uint)destinations.Count);
        for (var i = 0; i < destinations.Count; i++)
        {
            var destination = destinations[(first + i) % destinations.Count];
            var calls = Calls(destination);
            if (calls < fewest)
            {
                (least, fewest) = (destination, calls);
            }
        }
        return least;
    }
}
