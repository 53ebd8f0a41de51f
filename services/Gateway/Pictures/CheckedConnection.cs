using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Gateway.Pictures;

/// <summary>
/// Resolves a host, checks every address of it, and connects to one that was checked: a name that resolves to something else a moment later
/// gains nothing.
/// </summary>
internal sealed class CheckedConnection(AddressRules rules, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <exception cref="PictureException">The host has an address that is refused.</exception>
    /// <exception cref="SocketException">No such host, or no connection.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await resolve(host, cancellationToken);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }
        if (!Array.TrueForAll(addresses, rules.Allows))
        {
            // Not the addresses: whoever asks could map the network by them.
            throw new PictureException(PictureFaultKind.RefusedAddress, "the address of the picture leads to a network that is not fetched from");
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
