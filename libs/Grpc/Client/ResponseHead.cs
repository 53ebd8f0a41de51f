using System.Net;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Tells gRPC responses from others.</summary>
internal static class ResponseHead
{
    /// <summary>The status of a response that is not gRPC over HTTP/2; null when it is.</summary>
    public static Status? FindFault(HttpResponseMessage response)
    {
        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        }

        var contentType = ResponseMetadata.First(response.Content.Headers, WireHeaders.ContentType);
        if (response.StatusCode != HttpStatusCode.OK && !(WireHeaders.IsGrpcContentType(contentType) && IsTrailersOnly(response)))
        {
            var code = (int)response.StatusCode;
            return new Status(StatusMapping.FromHttpStatus(code), $"Bad gRPC response. HTTP status code: {code}");
        }

        if (contentType is null)
        {
            return new Status(StatusCode.Unknown, "Bad gRPC response. Response did not have a content-type header.");
        }

        return WireHeaders.IsGrpcContentType(contentType)
            ? null
            : new Status(StatusCode.Unknown, $"Bad gRPC response. Invalid content-type value: {contentType}");
    }

    /// <summary>Whether the headers carry the status already: no messages follow.</summary>
    public static bool IsTrailersOnly(HttpResponseMessage response) => ResponseMetadata.First(response.Headers, WireHeaders.Status) is not null;
}
