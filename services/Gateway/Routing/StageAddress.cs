using System.Globalization;
namespace QwenMesh.Gateway.Routing;

/// <summary>The two forms of a stage's address: http://host:port, with TLS https://host:port, and dns:///name:port.</summary>
internal static class StageAddress
{
    private const string DnsPrefix = "dns:///";

    /// <summary>What is wrong with the address; null when it is one of the two forms.</summary>
    public static string? Fault(string address)
    {
        if (TryParseDns(address, out _, out _))
        {
            return null;
        }
        if (address.StartsWith(DnsPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return "is not of the form dns:///name:port";
        }
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/"
            ? null
            : "is neither http(s)://host:port nor dns:///name:port";
    }

    public static bool TryParseDns(string address, out string name, out int port)
    {
        (name, port) = ("", 0);
        if (!address.StartsWith(DnsPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        var target = address[DnsPrefix.Length..];
        var colon = target.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(target.AsSpan(colon + 1), CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
        {
            return false;
        }
        name = target[..colon];
        return Uri.CheckHostName(name) != UriHostNameType.Unknown;
    }
}
