using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Stages;

/// <summary>A call to a stage that failed, judged: what it means for the generation, and what for the replica.</summary>
internal sealed class StageCallException : Exception
{
    public StageCallException(string stage, FailureKind kind, string detail, Exception? inner = null)
        : base(detail, inner) => Failure = new GenerationFailure(stage, kind, $"{stage}: {detail}");

    public GenerationFailure Failure { get; }

    /// <summary>The replica could not be reached, is not ready, or went away: another one may do.</summary>
    public bool ReplicaUnavailable => Failure.Kind == FailureKind.Unavailable;

    public static StageCallException From(string stage, RpcException exception)
    {
        var fault = StageFaults.Read(exception);
        var kind = exception.StatusCode switch
        {
            StatusCode.InvalidArgument or StatusCode.OutOfRange => FailureKind.InvalidRequest,
            StatusCode.Unimplemented when fault is not null => FailureKind.Unsupported,
            StatusCode.ResourceExhausted => FailureKind.Overloaded,
            StatusCode.Unavailable => FailureKind.Unavailable,
            StatusCode.DeadlineExceeded => FailureKind.DeadlineExceeded,
            // Nobody here ended the call: the replica is going away.
            StatusCode.Cancelled or StatusCode.Aborted => FailureKind.Unavailable,
            _ when fault is null && BrokeInTransport(exception) => FailureKind.Unavailable,
            _ => FailureKind.Internal,
        };
        return new StageCallException(stage, kind, Detail(kind, fault is not null, exception.Status.Detail), exception);
    }

    private static bool BrokeInTransport(RpcException exception) =>
        exception.Status.DebugException is HttpRequestException or IOException
        || exception.InnerException is HttpRequestException or IOException;

    // The transport's own texts name machines and ports; those belong to the log.
    private static string Detail(FailureKind kind, bool fromStage, string detail) => kind switch
    {
        FailureKind.Unavailable when !fromStage => "cannot be reached",
        FailureKind.DeadlineExceeded => "did not finish before the deadline",
        FailureKind.Internal when !fromStage => "failed",
        _ => detail,
    };
}
