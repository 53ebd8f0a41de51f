using System.Net.Sockets;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Routing;

/// <summary>What every connection to a stage has, the orchestrator's and YARP's.</summary>
internal static class StageConnections
{
    // Of Linux (tcp(7)); the framework has no name for it.
    private const int TcpUserTimeout = 18;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1.5);

    public static void Configure(SocketsHttpHandler handler)
    {
        handler.ConnectCallback = ConnectAsync;
        handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        handler.EnableMultipleHttp2Connections = true;
        // On a CPU a step may take minutes without traffic, and a busy stage answers late: pings are patient, and find a stage that has hung.
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(60);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.InitialHttp2StreamWindowSize = TensorTransport.StreamWindow;
    }

    // A machine that is gone sends no RST. Its kernel would acknowledge within milliseconds, however busy its processes are: what is not acknowledged
    // for a second and a half, probes of an idle connection included, ends the connection and its calls.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 1);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)Silence.TotalMilliseconds));
            }
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
