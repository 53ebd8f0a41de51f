using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace QwenMesh.Gateway.Routing;

/// <summary>Looks up the addresses of a name. Replaced in tests.</summary>
internal delegate Task<IPAddress[]> HostLookup(string name, CancellationToken cancellationToken);

/// <summary>
/// Expands dns:///name:port into one destination per address and asks for a new look-up after a while. A look-up that fails keeps the
/// addresses known so far, so that an outage of the name server does not stop the mesh.
/// </summary>
internal sealed partial class DnsDestinations(
    HostLookup lookup, IOptionsMonitor<StagesOptions> options, StageTls tls, TimeProvider time, ILogger<DnsDestinations> logger) : IDestinationResolver
{
    private readonly ConcurrentDictionary<string, IPAddress[]> _known = new(StringComparer.OrdinalIgnoreCase);

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        var names = false;
        foreach (var (id, destination) in destinations)
        {
            if (!StageAddress.TryParseDns(destination.Address, out var name, out var port))
            {
                resolved[id] = destination;
                continue;
            }
            names = true;
            foreach (var address in await AddressesAsync(name, cancellationToken))
            {
                var uri = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"{tls.Scheme}://[{address}]:{port}" : $"{tls.Scheme}://{address}:{port}";
                tls.Remember(uri, name);
                resolved[uri] = destination with { Address = uri, Host = tls.NameOf(uri) };
            }
        }
        return new ResolvedDestinationCollection(resolved, names ? RefreshToken() : null);
    }

    private async Task<IPAddress[]> AddressesAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            // Sorted, because name servers rotate the order and an unchanged set must look unchanged.
            var addresses = (await lookup(name, cancellationToken)).Distinct().OrderBy(address => address.ToString(), StringComparer.Ordinal).ToArray();
            _known[name] = addresses;
            return addresses;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            LogFailed(logger, name, exception.Message);
            return _known.GetValueOrDefault(name, []);
        }
    }

    private CancellationChangeToken RefreshToken()
    {
        // Not disposed: YARP drops the token once it has fired, and its timer with it.
        var source = new CancellationTokenSource(TimeSpan.FromSeconds(options.CurrentValue.DnsRefreshSeconds), time);
        return new CancellationChangeToken(source.Token);
    }

    [LoggerMessage(21, LogLevel.Warning, "Looking up {Name} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string name, string reason);
}
