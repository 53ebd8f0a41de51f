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
            FaultKind.ContentFiltered => StageFaults.InvalidRequest(stage, fault.Detail),
            FaultKind.Cancelled => new RpcException(new Status(StatusCode.Cancelled, fault.Detail)),
            FaultKind.Unsupported => StageFaults.Unsupported(stage, fault.Detail),
            FaultKind.Overloaded => StageFaults.Overloaded(stage, fault.Detail, fault.RetryAfter),
            FaultKind.Unavailable => StageFaults.NotReady(stage, fault.Detail),
            FaultKind.DeadlineExceeded => StageFaults.CallTimeout(stage, fault.Detail),
            _ => StageFaults.Internal(stage, fault.Detail),
        };
    }

    public static RpcException Invalid(string field, string reason) => StageFaults.InvalidRequest(Self, $"{field} {reason}", field);
}
