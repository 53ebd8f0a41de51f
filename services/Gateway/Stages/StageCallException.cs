using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Stages;

/// <summary>A call to a stage that failed: what it means for the generation, and for the replica.</summary>
internal sealed class StageCallException : Exception
{
    public StageCallException(string stage, FaultKind kind, string detail, Exception? inner = null, bool refused = false)
        : base(detail, inner) => (Fault, Refused) = (new GenerationFault(stage, kind, $"{stage}: {detail}"), refused);

    public GenerationFault Fault { get; }

    /// <summary>The replica could not be reached, is not ready, or went away: another one may do.</summary>
    public bool ReplicaUnavailable => Fault.Kind == FaultKind.Unavailable;

    /// <summary>No replica took the call: there is none, it is not reached, or it said that it is not ready.</summary>
    public bool Refused { get; }

    public static StageCallException From(string stage, RpcException exception)
    {
        var fault = StageFaults.Read(exception);
        var kind = exception.StatusCode switch
        {
            StatusCode.InvalidArgument or StatusCode.OutOfRange => FaultKind.InvalidRequest,
            StatusCode.Unimplemented when fault is not null => FaultKind.Unsupported,
            StatusCode.ResourceExhausted => FaultKind.Overloaded,
            StatusCode.Unavailable => FaultKind.Unavailable,
            StatusCode.DeadlineExceeded => FaultKind.DeadlineExceeded,
            // The Gateway did not cancel the call: the replica is going away.
            StatusCode.Cancelled or StatusCode.Aborted => FaultKind.Unavailable,
            _ when fault is null && BrokeInTransport(exception) => FaultKind.Unavailable,
            _ => FaultKind.Internal,
        };
        var refused = exception.StatusCode == StatusCode.Unavailable && (!BrokeInTransport(exception) || NotConnected(exception));
        return new StageCallException(stage, kind, Detail(kind, fault is not null, exception.Status.Detail), exception, refused);
    }

    private static bool NotConnected(RpcException exception) => (exception.Status.DebugException ?? exception.InnerException)
        is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    private static bool BrokeInTransport(RpcException exception) =>
        exception.Status.DebugException is HttpRequestException or IOException
        || exception.InnerException is HttpRequestException or IOException;

    // The transport's texts name machines and ports, which go into the log only.
    private static string Detail(FaultKind kind, bool fromStage, string detail) => kind switch
    {
        FaultKind.Unavailable when !fromStage => "cannot be reached",
        FaultKind.DeadlineExceeded => "did not finish before the deadline",
        FaultKind.Internal when !fromStage => "failed",
        _ => detail,
    };
}
