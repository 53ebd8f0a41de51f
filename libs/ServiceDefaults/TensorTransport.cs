using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.ServiceDefaults;

/// <summary>Kestrel set up for streams of many MiB; bench/Wire.Bench measures it.</summary>
public static class TensorTransport
{
    /// <summary>Flow-control window of one HTTP/2 stream. Tensors have many MiB: a small window would stall the sender at every round trip.</summary>
    public const int StreamWindow = 2 << 20;

    /// <summary>Flow-control window of a connection.</summary>
    public const int ConnectionWindow = 16 << 20;

    /// <summary>Sets flow-control windows, buffers and memory blocks for tensor streams, and lifts limits that calls of several minutes would exceed.</summary>
    public static IWebHostBuilder UseTensorTransport(this IWebHostBuilder host)
    {
        host.ConfigureKestrel(kestrel =>
        {
            // A call may wait for its input and its slot until its deadline.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;

            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);

            // Two chunks: one is serialized while the one before it is sent.
            kestrel.Limits.MaxResponseBufferSize = 1 << 20;
        });

        // A zero-byte read before every read saves memory on idle connections; a stage has few of them.
        host.UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false);
        return host.ConfigureServices(services => services.AddSingleton<IMemoryPoolFactory<byte>, TransportBlockPool.Factory>());
    }
}
