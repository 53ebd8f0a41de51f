using System.Net;
using System.Text.RegularExpressions;
using k8s.Models;
using QwenMesh.Gateway.Pictures;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>Who reaches whom, by the NetworkPolicies: everybody with everybody, against a list of what is allowed.</summary>
public sealed partial class ReachabilityTests
{
    private const int Https = 443;
    private const int Postgres = 5432;

    private static readonly Peer Stranger = Pod("a stranger's pod", "default", new() { ["app"] = "stranger" });
    private static readonly Peer NameServer = Pod("the name server", "kube-system", new() { ["k8s-app"] = "kube-dns" });
    private static readonly Peer Prometheus = Pod("Prometheus", "monitoring", new() { [Workload.NameLabel] = "prometheus" });
    private static readonly Peer Neighbour = Pod("another pod of the namespace", Workload.Product, new() { ["app"] = "neighbour" });
    private static readonly Peer Internet = Outside("93.184.215.14");
    private static readonly Peer InternetV6 = Outside("2606:2800:21f:cb07:6820:80da:af6b:8b2c");
    private static readonly Peer Metadata = Outside("169.254.169.254");
    private static readonly Peer PrivateNetwork = Outside("10.1.2.3");
    private static readonly Peer PrivateNetworkV6 = Outside("fd12:3456:789a::1");

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Nobody_reaches_anybody_but_for_what_is_meant(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var rules = new NetworkRules([.. overlay.All<V1NetworkPolicy>()], Workload.Product);
        Peer[] own = [.. overlay.Workloads.Select(PodOf)];
        Peer[] all = [.. own, Stranger, NameServer, Prometheus, Neighbour, Internet, InternetV6, Metadata, PrivateNetwork, PrivateNetworkV6];
        (string Protocol, int Port)[] ports =
            [.. own.SelectMany(peer => peer.Ports.Values).Append(Postgres).Distinct().Select(port => ("TCP", port)), ("TCP", Https), ("TCP", 53), ("UDP", 53), ("UDP", Https), ("TCP", 22), ("TCP", 6443)];
        // Connections between others are none of these policies' business.
        foreach (var (from, to) in all.SelectMany(from => all.Select(to => (from, to))).Where(pair => own.Contains(pair.from) || own.Contains(pair.to)))
        {
            foreach (var (protocol, port) in ports)
            {
                Assert.True(
                    IsMeant(overlay, from, to, protocol, port) == rules.Allows(from, to, protocol, port),
                    $"{from} to {to}, {protocol} {port}: {(IsMeant(overlay, from, to, protocol, port) ? "is refused" : "is allowed")}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_gateway_reaches_the_addresses_that_it_allows_clients_and_no_others(string name)
    {
        var overlay = await Overlay.RequireAsync(name);
        var rules = new NetworkRules([.. overlay.All<V1NetworkPolicy>()], Workload.Product);
        var gateway = PodOf(overlay.Gateway);
        var allowed = new AddressRules([]);
        var random = new Random(1);
        // The networks that the policies name, and those that the Gateway's rules name.
        var rulesText = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "services", "Gateway", "Pictures", "AddressRules.cs"), TestContext.Current.CancellationToken);
        var named = Network().Matches(rulesText).Select(match => match.Value).Select(text => text.Contains('/') ? text : $"{text}/{(text.Contains(':') ? 128 : 32)}").ToArray();
        Assert.True(named.Length > 25);
        var edges = overlay.All<V1NetworkPolicy>().SelectMany(policy => policy.Spec.Egress ?? []).SelectMany(rule => rule.To ?? [])
            .Where(peer => peer.IpBlock is not null).SelectMany(peer => (peer.IpBlock.Except ?? []).Append(peer.IpBlock.Cidr)).Concat(named).SelectMany(Edges);
        var addresses = edges.Concat(Enumerable.Range(0, 5000).Select(_ => Random(random, 4))).Concat(Enumerable.Range(0, 5000).Select(_ => Random(random, 16))).ToArray();
        Assert.Contains(addresses, allowed.Allows);
        Assert.All(addresses, address => Assert.True(
            allowed.Allows(address) == rules.Allows(gateway, Outside($"{address}"), "TCP", Https), $"{address}: the Gateway says {allowed.Allows(address)}, the policies do not"));
    }

    private static bool IsMeant(Overlay overlay, Peer from, Peer to, string protocol, int port)
    {
        var isOpen = protocol == "TCP";
        bool IsGateway(Peer peer) => peer.Name == Workload.Gateway;
        bool IsStage(Peer peer) => overlay.Stages.Any(stage => stage.Name == peer.Name);
        if (IsGateway(from))
        {
            return (IsStage(to) && isOpen && port is 7001 or 7002 or 7003 && to.Ports["grpc"] == port)
                || (to == NameServer && port == 53)
                || (to.Name == "postgresql" && isOpen && port == Postgres)
                || ((to == Internet || to == InternetV6) && isOpen)
                || ((to == PrivateNetwork || to == PrivateNetworkV6) && isOpen && port == Postgres && overlay.Workloads.All(workload => workload.Name != "postgresql"));
        }
        // Pods that no policy lets out: the stages, PostgreSQL, and whatever else is in the namespace.
        if (from.Namespace == Workload.Product && from.Address is null)
        {
            return false;
        }
        return (IsGateway(to) && isOpen && to.Ports.Values.Contains(port))
            || (IsStage(to) && from == Prometheus && isOpen && to.Ports["http"] == port && overlay.All<ServiceMonitor>().Any());
    }

    private static Peer PodOf(Workload workload) => new(
        workload.Name, Workload.Product, workload.Labels, workload.Container.Ports.ToDictionary(port => port.Name, port => port.ContainerPort));

    private static Peer Pod(string name, string ofNamespace, Dictionary<string, string> labels) => new(name, ofNamespace, labels, new Dictionary<string, int>());

    private static Peer Outside(string address) => new(address, "", new Dictionary<string, string>(), new Dictionary<string, int>(), IPAddress.Parse(address));

    /// <summary>The first and last address of a network, and those beside it.</summary>
    private static IEnumerable<IPAddress> Edges(string network)
    {
        var parsed = IPNetwork.Parse(network);
        var first = parsed.BaseAddress.GetAddressBytes();
        var last = first.ToArray();
        for (var bit = parsed.PrefixLength; bit < last.Length * 8; bit++)
        {
            last[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }
        return [new(first), new(last), new(Step(first, -1)), new(Step(last, 1))];
    }

    private static byte[] Step(byte[] address, int by)
    {
        var stepped = address.ToArray();
        for (var i = stepped.Length - 1; i >= 0; i--)
        {
            stepped[i] = (byte)(stepped[i] + by);
            if (stepped[i] != (by > 0 ? 0 : 0xFF))
            {
                break;
            }
        }
        return stepped;
    }

    private static IPAddress Random(Random random, int bytes)
    {
        var address = new byte[bytes];
        random.NextBytes(address);
        return new IPAddress(address);
    }

    [GeneratedRegex("""(?<=")([0-9a-f]{1,4}(\.|::?)){1,7}[0-9a-f]*(/\d+)?(?=")""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Network();
}
