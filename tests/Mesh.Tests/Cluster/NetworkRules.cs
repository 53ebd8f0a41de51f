using System.Globalization;
using System.Net;
using k8s.Models;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>One side of a connection: a pod, or an address outside of the cluster.</summary>
/// <param name="Ports">Numbers of the ports that have names.</param>
internal sealed record Peer(string Name, string Namespace, IDictionary<string, string> Labels, IReadOnlyDictionary<string, int> Ports, IPAddress? Address = null)
{
    public override string ToString() => Name;
}

/// <summary>What NetworkPolicies of one namespace allow, as Kubernetes defines it: a pod that no policy selects is open.</summary>
internal sealed class NetworkRules(IReadOnlyList<V1NetworkPolicy> policies, string ownNamespace)
{
    private const string NamespaceLabel = "kubernetes.io/metadata.name";

    public bool Allows(Peer from, Peer to, string protocol, int port) =>
        LeavesFrom(from, to, protocol, port) && Enters(from, to, protocol, port);

    private bool LeavesFrom(Peer from, Peer to, string protocol, int port)
    {
        var selecting = Selecting(from, "Egress").ToArray();
        return selecting.Length == 0 || selecting.SelectMany(policy => policy.Spec.Egress ?? [])
            .Any(rule => Takes(rule.Ports, to, protocol, port) && IsOneOf(rule.To, to));
    }

    private bool Enters(Peer from, Peer to, string protocol, int port)
    {
        var selecting = Selecting(to, "Ingress").ToArray();
        return selecting.Length == 0 || selecting.SelectMany(policy => policy.Spec.Ingress ?? [])
            .Any(rule => Takes(rule.Ports, to, protocol, port) && IsOneOf(rule.FromProperty, from));
    }

    private IEnumerable<V1NetworkPolicy> Selecting(Peer peer, string direction) => policies.Where(policy =>
        peer.Address is null && peer.Namespace == ownNamespace && policy.Spec.PolicyTypes.Contains(direction) && policy.Spec.PodSelector.Matches(peer.Labels));

    private static bool Takes(IList<V1NetworkPolicyPort>? ports, Peer to, string protocol, int port) =>
        ports is null or [] || ports.Any(one => (one.Protocol ?? "TCP") == protocol && (one.Port is null || Number(one.Port, to) == port));

    private static int? Number(IntOrString port, Peer to) =>
        int.TryParse(port.ToString(), CultureInfo.InvariantCulture, out var number) ? number : to.Ports.TryGetValue(port.ToString(), out var named) ? named : null;

    private bool IsOneOf(IList<V1NetworkPolicyPeer>? peers, Peer peer) => peers is null or [] || peers.Any(one => one.IpBlock is { } block
        ? peer.Address is { } address && IPNetwork.Parse(block.Cidr).Contains(address) && !(block.Except ?? []).Any(except => IPNetwork.Parse(except).Contains(address))
        : peer.Address is null
            && (one.NamespaceSelector is null ? peer.Namespace == ownNamespace : one.NamespaceSelector.Matches(NamespaceLabels(peer)))
            && (one.PodSelector is null || one.PodSelector.Matches(peer.Labels)));

    private static Dictionary<string, string> NamespaceLabels(Peer peer) => new() { [NamespaceLabel] = peer.Namespace };
}
