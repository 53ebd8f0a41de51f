using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.ServiceDefaults;

/// <summary>Kestrel set up for streams of many MiB; bench/Wire.Bench measures it.</summary>
public static class TensorTransport
{
    /// <summary>Sets flow-control windows, buffers and memory blocks for tensor streams, and lifts limits that calls of minutes would meet.</summary>
    public static IWebHostBuilder UseTensorTransport(this IWebHostBuilder host)
    {
        host.ConfigureKestrel(kestrel =>
        {
            // A stage waits for its input and its turn for as long as the call's deadline allows.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;

            // Tensors of many MiB: small windows would stall the sender at every round trip.
            kestrel.Limits.Http2.InitialStreamWindowSize = 4 << 20;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 16 << 20;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);

            // Two chunks: one is serialized while the one before it is sent.
            kestrel.Limits.MaxResponseBufferSize = 1 << 20;
        });

        // A zero-byte read before every read saves memory on idle connections; a stage has few of them.
        host.UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false);
        return host.ConfigureServices(services => services.AddSingleton<IMemoryPoolFactory<byte>, TransportBlockPool.Factory>());
    }
}
