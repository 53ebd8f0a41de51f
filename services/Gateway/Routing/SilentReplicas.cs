using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Routing;

/// <summary>Ends the calls of a replica that has stopped to answer, so that they are made on another one at once.</summary>
internal sealed class SilentReplicas
{
    private readonly ConditionalWeakTable<DestinationState, StrongBox<CancellationTokenSource?>> _sources = [];

    /// <summary>Is cancelled when the replica is found silent the next time.</summary>
    public CancellationToken TokenOf(DestinationState replica) => Volatile.Read(ref Box(replica).Value)!.Token;

    /// <summary>The replica has turned unhealthy because it does not answer; its health says so already.</summary>
    public void Report(DestinationState replica) =>
        // Not disposed: it has no timer, and calls still hold its token.
        Interlocked.Exchange(ref Box(replica).Value, new CancellationTokenSource())!.Cancel();

    private StrongBox<CancellationTokenSource?> Box(DestinationState replica) =>
        _sources.GetValue(replica, _ => new StrongBox<CancellationTokenSource?>(new CancellationTokenSource()));
}
