using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Testing;

/// <summary>
/// Ports for programs that are told theirs and listen on them some time later. A port that the system has chosen, and that was closed again, may be
/// chosen for another connection or listener before that; these are below those that it chooses from.
/// </summary>
public static class FreePorts
{
    private const int First = 20_000;
    private const int FewestToGoRound = 1000;

    private static readonly int Count = ReadFirstChosenBySystem() - First;

    // Test programs that run at the same time begin at different ones.
    private static int _given = (int)((uint)Environment.ProcessId * 61 % int.MaxValue);

    /// <summary>One that nobody listens on, at any address, and that this process has not been given before.</summary>
    public static int Next()
    {
        for (var tries = 0; Count >= FewestToGoRound && tries < Count; tries++)
        {
            var port = First + ((Interlocked.Increment(ref _given) & int.MaxValue) % Count);
            if (Listen(port) is not null)
            {
                return port;
            }
        }
        // Where the system chooses from nearly all ports.
        return Listen(0) ?? throw new InvalidOperationException("no port is free");
    }

    // The port, once it is closed again; null for one that is taken.
    private static int? Listen(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    // ip(7): the first and the last one.
    private static int ReadFirstChosenBySystem() => int.Parse(
        File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
}
