using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Stages;

/// <summary>How a failed call has ended.</summary>
internal enum CallEnd
{
    /// <summary>The stage has said what is wrong with the request, or with its answer.</summary>
    Answered,

    /// <summary>No replica took the call: there is none, it is not reached, or it said that it is not ready.</summary>
    Refused,

    /// <summary>The replica went away before it began to compute.</summary>
    Lost,

    /// <summary>The replica went away while it computed: the request may be the reason.</summary>
    Died,
}

/// <summary>A call to a stage that failed: what it means for the generation, and for the replica.</summary>
internal sealed class StageCallException(string stage, FaultKind kind, string detail, CallEnd end, Exception? inner = null) : Exception(detail, inner)
{
    public GenerationFault Fault { get; } = new(stage, kind, $"{stage}: {detail}");

    public CallEnd End { get; } = end;

    /// <summary>The replica is older than the request: it lacks a feature, and has refused before it began.</summary>
    public bool LacksFeature { get; private init; }

    /// <param name="stage">Which one was called.</param>
    /// <param name="exception">Its call's end.</param>
    /// <param name="started">Whether it had begun to compute.</param>
    public static StageCallException From(string stage, RpcException exception, bool started)
    {
        var fault = StageFaults.Read(exception);
        var isDamage = fault?.Reason is FaultReasons.Corrupted or FaultReasons.MalformedMessage || IsUnreadable(exception);
        var kind = exception.StatusCode switch
        {
            // What the Gateway sent was sound, and what a stage sends is: it has changed on its way.
            _ when isDamage => FaultKind.Unavailable,
            StatusCode.InvalidArgument or StatusCode.OutOfRange => FaultKind.InvalidRequest,
            StatusCode.Unimplemented when fault is not null => FaultKind.Unsupported,
            StatusCode.ResourceExhausted => fault is { Retryable: false } ? FaultKind.InvalidRequest : FaultKind.Overloaded,
            StatusCode.Unavailable => FaultKind.Unavailable,
            StatusCode.DeadlineExceeded => FaultKind.DeadlineExceeded,
            // The Gateway did not cancel the call: the replica is going away.
            StatusCode.Cancelled or StatusCode.Aborted => FaultKind.Unavailable,
            _ when fault is null && BrokeInTransport(exception) => FaultKind.Unavailable,
            _ => FaultKind.Internal,
        };
        var end = kind != FaultKind.Unavailable ? CallEnd.Answered
            : isDamage ? CallEnd.Lost
            : exception.StatusCode == StatusCode.Unavailable && (!BrokeInTransport(exception) || NotConnected(exception)) ? CallEnd.Refused
            : started ? CallEnd.Died : CallEnd.Lost;
        var detail = end == CallEnd.Died ? "went away while it computed" : Detail(kind, fault is not null, exception.Status.Detail);
        return new StageCallException(stage, kind, detail, end, exception) { LacksFeature = fault?.Reason == FaultReasons.FeatureMissing };
    }

    private static bool NotConnected(RpcException exception) => (exception.Status.DebugException ?? exception.InnerException)
        is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    private static bool IsUnreadable(RpcException exception) => exception.Status.DebugException is Google.Protobuf.InvalidProtocolBufferException;

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
