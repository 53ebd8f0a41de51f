namespace Grpc.Wire;

/// <summary>Header names and fixed values of gRPC over HTTP/2, in lower case.</summary>
internal static class WireHeaders
{
    public const string ContentType = "content-type";
    public const string Te = "te";
    public const string TeTrailers = "trailers";
    public const string UserAgent = "user-agent";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string GrpcContentType = "application/grpc";
    public const string Identity = "identity";

    /// <summary>
    /// True for <c>application/grpc</c>, alone or with a <c>+format</c> or <c>;parameter</c> behind it. <c>application/grpc-web</c> is another protocol.
    /// </summary>
    public static bool IsGrpcContentType(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(GrpcContentType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return contentType.Length == GrpcContentType.Length || contentType[GrpcContentType.Length] is ';' or '+' or ' ';
    }
}
