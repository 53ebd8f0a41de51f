using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>A generation's fault as a gRPC status with details.</summary>
internal static class GenerationStatus
{
    public const string Self = "gateway";

    public static RpcException Of(GenerationFault fault)
    {
        var stage = fault.Stage ?? Self;
        return fault.Kind switch
        {
            FaultKind.InvalidRequest => StageFaults.InvalidRequest(stage, fault.Detail),
            FaultKind.ContentFiltered => StageFaults.ContentFiltered(stage, fault.Detail),
            FaultKind.Cancelled => StageFaults.Cancelled(stage, fault.Detail),
            FaultKind.Unsupported => StageFaults.Unsupported(stage, fault.Detail),
            FaultKind.Overloaded => StageFaults.Overloaded(stage, fault.Detail, fault.RetryAfter),
            FaultKind.Unavailable => StageFaults.NotReady(stage, fault.Detail),
            FaultKind.DeadlineExceeded => fault.Stage is null ? StageFaults.DeadlinePassed(stage, fault.Detail) : StageFaults.CallTimeout(stage, fault.Detail),
            _ => StageFaults.Internal(stage, fault.Detail),
        };
    }

    public static RpcException Invalid(string field, string reason) => StageFaults.InvalidRequest(Self, $"{field} {reason}", field);
}
