namespace QwenMesh.Wire.Tests.Raw;

/// <summary>How a call ended on the wire.</summary>
/// <param name="Http">HTTP status; 0 when the stream or the connection was reset instead.</param>
/// <param name="Status">grpc-status, from the trailers or the headers; null when there is none.</param>
/// <param name="Detail">grpc-message, or what was reset.</param>
internal sealed record RawReply(int Http, int? Status, string Detail)
{
    public bool IsOk => this is { Http: 200, Status: 0 };

    /// <summary>A reset, an HTTP error or a gRPC error; an answer of HTTP 200 that tells nothing is neither that nor OK.</summary>
    public bool IsError => Http != 200 || Status > 0;
}
