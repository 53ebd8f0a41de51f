using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Routing;

/// <summary>What every connection to a stage has, the orchestrator's and YARP's.</summary>
internal static class StageConnections
{
    public static void Configure(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        handler.EnableMultipleHttp2Connections = true;
        // On a CPU a step may take minutes without traffic; pings find a replica whose machine is gone in that time.
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(60);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.InitialHttp2StreamWindowSize = TensorTransport.StreamWindow;
    }
}
