using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Gateway.Pictures;

/// <summary>
/// Which addresses a client may make the Gateway connect to: public ones (IANA's special-purpose registries), and the networks that the
/// configuration adds.
/// </summary>
internal sealed class AddressRules(IEnumerable<IPNetwork> alsoAllowed)
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. Parse(
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        // Of IPv6 only 2000::/3 is public, without Teredo and its kin, documentation, and 6to4. NAT64 (64:ff9b::) is outside of it.
        .. Parse("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    ];

    private static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");

    // Where clouds hand credentials to their machines (AWS, ECS, EKS, Google, Azure, Alibaba, Oracle): refused even inside an allowed network.
    private static readonly HashSet<IPAddress> Metadata =
    [
        .. new[]
        {
            "169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200", "192.0.0.192",
            "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
        }.Select(IPAddress.Parse),
    ];

    private readonly IPNetwork[] _alsoAllowed = [.. alsoAllowed];

    public bool Allows(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (Metadata.Contains(plain))
        {
            return false;
        }
        return Array.Exists(_alsoAllowed, network => network.Contains(plain)) || IsPublic(plain);
    }

    private static bool IsPublic(IPAddress address) =>
        (address.AddressFamily == AddressFamily.InterNetwork || PublicV6.Contains(address))
        && !Array.Exists(NotPublic, network => network.Contains(address));

    private static IEnumerable<IPNetwork> Parse(params string[] networks) => networks.Select(IPNetwork.Parse);
}
