using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Routing;

/// <summary>What every connection to a stage has, the orchestrator's and YARP's.</summary>
internal static class StageConnections
{
    public static void Configure(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        handler.EnableMultipleHttp2Connections = true;
        // Steps are silent for minutes on a CPU; a replica whose machine died must be noticed all the same.
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(60);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.InitialHttp2StreamWindowSize = TensorTransport.StreamWindow;
    }
}
