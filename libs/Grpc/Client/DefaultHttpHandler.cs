namespace Grpc.Net.Client;

/// <summary>The handler of channels that were given none.</summary>
internal static class DefaultHttpHandler
{
    // The handler starts streams at 64 KiB and grows them by measuring round trips. Tensors are a few MiB and often done before it has grown, so the
    // window starts at a size that does not stall them. It bounds what a stream that nobody reads can hold in memory.
    private const int StreamWindow = 2 * 1024 * 1024;

    public static SocketsHttpHandler Create(Uri address) => new()
    {
        EnableMultipleHttp2Connections = true,
        InitialHttp2StreamWindowSize = StreamWindow,
        AllowAutoRedirect = false,
        UseCookies = false,

        // A proxy for http:// addresses would be spoken to in HTTP/1.1.
        UseProxy = address.Scheme == Uri.UriSchemeHttps,
    };
}
