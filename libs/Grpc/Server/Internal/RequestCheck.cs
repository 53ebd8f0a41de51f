using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Refuses requests that are not gRPC before anything is spent on them.</summary>
internal static class RequestCheck
{
    /// <summary>True when the request was answered with an HTTP error.</summary>
    public static bool Refuse(HttpContext http, CallLog log)
    {
        var request = http.Request;
        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            log.UnsupportedProtocol(request.Protocol);
            Answer(http.Response, StatusCodes.Status426UpgradeRequired, $"Request protocol '{request.Protocol}' is not supported.");
            return true;
        }

        if (!WireHeaders.IsGrpcContentType(request.ContentType))
        {
            log.UnsupportedContentType(request.ContentType);
            Answer(
                http.Response,
                StatusCodes.Status415UnsupportedMediaType,
                string.IsNullOrEmpty(request.ContentType) ? "Content-Type is missing from the request." : "Content-Type is not supported.");
            return true;
        }

        return false;
    }

    private static void Answer(HttpResponse response, int httpStatus, string detail)
    {
        StatusTrailers.WriteTrailersOnly(response, new Status(StatusCode.Internal, detail));
        response.StatusCode = httpStatus;
        if (httpStatus == StatusCodes.Status426UpgradeRequired)
        {
            response.Headers.Upgrade = "h2c";
            response.Headers.Connection = "Upgrade";
        }
    }
}
