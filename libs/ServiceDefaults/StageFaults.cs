using Google.Protobuf;
using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.ServiceDefaults;

/// <summary>The one table from a stage's fault to its gRPC status, and back.</summary>
public static class StageFaults
{
    /// <summary>Trailer that carries the <see cref="StageFault"/>.</summary>
    public const string Trailer = "qwenmesh-fault-bin";

    /// <summary>Characters of a message at most. It travels in the trailers, twice, and clients and proxies have limits of a few KiB for those.</summary>
    public const int MaxDetailLength = 1000;

    public static RpcException InvalidRequest(string stage, string detail) =>
        Create(stage, StageFault.Types.Kind.InvalidRequest, StatusCode.InvalidArgument, detail, retryable: false);

    /// <summary>The caller's fault, too, and told as what it is: it left its input incomplete for too long.</summary>
    public static RpcException InputTimeout(string stage, string detail) =>
        Create(stage, StageFault.Types.Kind.InvalidRequest, StatusCode.DeadlineExceeded, detail, retryable: false);

    public static RpcException Unsupported(string stage, string detail) =>
        Create(stage, StageFault.Types.Kind.Unsupported, StatusCode.Unimplemented, detail, retryable: false);

    public static RpcException NotReady(string stage, string detail) =>
        Create(stage, StageFault.Types.Kind.NotReady, StatusCode.Unavailable, detail, retryable: true);

    public static RpcException Overloaded(string stage, string detail) =>
        Create(stage, StageFault.Types.Kind.Overloaded, StatusCode.ResourceExhausted, detail, retryable: true);

    public static RpcException Internal(string stage, string detail) =>
        Create(stage, StageFault.Types.Kind.Internal, StatusCode.Internal, detail, retryable: false);

    /// <summary>The fault that a stage attached to a failed call; null when the failure came from elsewhere, e.g. the transport.</summary>
    public static StageFault? Read(RpcException exception)
    {
        if (exception.Trailers.GetValueBytes(Trailer) is not { } bytes)
        {
            return null;
        }
        try
        {
            return StageFault.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static RpcException Create(string stage, StageFault.Types.Kind kind, StatusCode code, string detail, bool retryable)
    {
        detail = Echo.Cut(detail, MaxDetailLength);
        var fault = new StageFault { Stage = stage, Kind = kind, Detail = detail, Retryable = retryable };
        return new RpcException(new Status(code, detail), new Metadata { { Trailer, fault.ToByteArray() } });
    }
}
