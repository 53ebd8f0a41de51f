using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>What failures below gRPC mean as a status: the tables of the gRPC over HTTP/2 specification.</summary>
internal static class StatusMapping
{
    /// <summary>HTTP status of a response without <c>grpc-status</c>.</summary>
    public static StatusCode FromHttpStatus(int status) => status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>Error code of RST_STREAM or GOAWAY (RFC 9113, section 7).</summary>
    public static StatusCode FromHttp2Error(long error) => error switch
    {
        0x0 or 0x1 or 0x2 or 0x3 or 0x4 or 0x6 or 0x9 or 0xa => StatusCode.Internal,
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM: not processed
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Unknown,
    };

    /// <summary>The status of a request that failed with an exception of the HTTP handler or of a message.</summary>
    public static Status FromException(Exception exception)
    {
        StatusCode? code = null; // The inner exception is nearer to the cause.
        for (var current = exception; current is not null; current = current.InnerException)
        {
            switch (current)
            {
                case RpcException rpc:
                    return rpc.Status;
                case HttpProtocolException protocol:
                    return Describe(FromHttp2Error(protocol.ErrorCode), exception);
                case SocketException or AuthenticationException:
                    return Describe(StatusCode.Unavailable, exception);
                case HttpRequestException request:
                    code = FromRequestError(request.HttpRequestError) ?? code;
                    break;
                case HttpIOException io:
                    code = FromRequestError(io.HttpRequestError) ?? code;
                    break;
                case IOException or ObjectDisposedException:
                    // The connection broke.
                    code ??= StatusCode.Unavailable;
                    break;
                case OperationCanceledException:
                    code ??= StatusCode.Cancelled;
                    break;
            }
        }

        return Describe(code ?? StatusCode.Internal, exception);
    }

    private static StatusCode? FromRequestError(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or
            HttpRequestError.ProxyTunnelError or HttpRequestError.ResponseEnded => StatusCode.Unavailable,
        HttpRequestError.UserAuthenticationError => StatusCode.Unauthenticated,
        HttpRequestError.Unknown => null, // The inner exception knows.
        _ => StatusCode.Internal,
    };

    private static Status Describe(StatusCode code, Exception exception)
    {
        var detail = exception.Message;
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!detail.Contains(inner.Message, StringComparison.Ordinal))
            {
                detail += $" {inner.GetType().Name}: {inner.Message}";
            }
        }

        return new Status(code, $"Error making the gRPC call. {detail}", exception);
    }
}
