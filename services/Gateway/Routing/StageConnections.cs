using System.Net.Sockets;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Routing;

/// <summary>What every connection to a stage has, the orchestrator's and YARP's.</summary>
internal static class StageConnections
{
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

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new StageStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
