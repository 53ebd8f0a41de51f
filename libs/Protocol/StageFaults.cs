using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace QwenMesh.Protocol;

/// <summary>The one table from a fault to its gRPC status, and back. Details travel as google.rpc.Status in "grpc-status-details-bin".</summary>
public static class StageFaults
{
    /// <summary>Characters of a message at most. It travels in the trailers, twice, and clients and proxies have limits of a few KiB for those.</summary>
    public const int MaxDetailLength = 1000;

    private const string StageKey = "stage";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <param name="field">Path of the field at fault, e.g. "parameters.scheduler"; null for the request as a whole.</param>
    public static RpcException InvalidRequest(string stage, string detail, string? field = null) =>
        Create(stage, StatusCode.InvalidArgument, FaultReasons.InvalidRequest, detail, field: field);

    /// <summary>The caller's fault, too, and told as what it is: it left its input incomplete for too long.</summary>
    public static RpcException InputTimeout(string stage, string detail) => Create(stage, StatusCode.DeadlineExceeded, FaultReasons.InputTimeout, detail);

    public static RpcException CallTimeout(string stage, string detail) => Create(stage, StatusCode.DeadlineExceeded, FaultReasons.CallTimeout, detail);

    public static RpcException Corrupted(string stage, string detail) => Create(stage, StatusCode.DataLoss, FaultReasons.Corrupted, detail, Soon);

    public static RpcException Unsupported(string stage, string detail) => Create(stage, StatusCode.Unimplemented, FaultReasons.Unsupported, detail);

    public static RpcException FeatureMissing(string stage, string feature) => Create(
        stage, StatusCode.Unimplemented, FaultReasons.FeatureMissing, $"the {stage} does not know the feature '{Echo.Name(feature)}'", field: "parameters.required_features");

    public static RpcException NotReady(string stage, string detail) => Create(stage, StatusCode.Unavailable, FaultReasons.NotReady, detail, Soon);

    public static RpcException Overloaded(string stage, string detail, TimeSpan? retryAfter = null) =>
        Create(stage, StatusCode.ResourceExhausted, FaultReasons.Overloaded, detail, retryAfter ?? Soon);

    /// <summary>No API key, or one that is not known.</summary>
    public static RpcException Unauthenticated(string stage, string detail) => Create(stage, StatusCode.Unauthenticated, FaultReasons.Unauthenticated, detail);

    /// <summary>The API key is known, and does not allow it.</summary>
    public static RpcException Forbidden(string stage, string detail) => Create(stage, StatusCode.PermissionDenied, FaultReasons.Forbidden, detail);

    /// <param name="retry">When another call is taken; null for a moment.</param>
    public static RpcException RateLimited(string stage, string detail, TimeSpan? retry) =>
        Create(stage, StatusCode.ResourceExhausted, FaultReasons.RateLimited, detail, retry ?? Soon);

    /// <summary>A guardrail refuses what is asked for.</summary>
    public static RpcException ContentFiltered(string stage, string detail) => Create(stage, StatusCode.InvalidArgument, FaultReasons.ContentFiltered, detail);

    public static RpcException NotFound(string stage, string detail) => Create(stage, StatusCode.NotFound, FaultReasons.NotFound, detail);

    /// <summary>Somebody has ended what the call waits for; it was not the call itself that was cancelled.</summary>
    public static RpcException Cancelled(string stage, string detail) => Create(stage, StatusCode.Cancelled, FaultReasons.Cancelled, detail);

    /// <summary>The deadline of a generation has passed, not that of one stage's call.</summary>
    public static RpcException DeadlinePassed(string stage, string detail) => Create(stage, StatusCode.DeadlineExceeded, FaultReasons.DeadlinePassed, detail);

    public static RpcException Internal(string stage, string detail) => Create(stage, StatusCode.Internal, FaultReasons.ComputationFailed, detail);

    public static RpcException Hung(string stage, string detail) => Create(stage, StatusCode.Aborted, FaultReasons.ComputationHung, detail, Soon);

    /// <summary>What a call ended with before any of this code saw it, e.g. a message that gRPC itself refused.</summary>
    public static RpcException Of(string stage, StatusCode code, string detail) => code switch
    {
        StatusCode.ResourceExhausted => Create(stage, code, FaultReasons.MessageTooLarge, detail),
        StatusCode.Internal or StatusCode.InvalidArgument => Create(stage, StatusCode.InvalidArgument, FaultReasons.MalformedMessage, detail),
        _ => Create(stage, code, FaultReasons.Other, detail),
    };

    /// <summary>The fault that a stage attached to a failed call; null when the failure came from elsewhere, e.g. the transport.</summary>
    public static StageFault? Read(RpcException exception)
    {
        try
        {
            return Read(exception.GetRpcStatus());
        }
        catch (Exception malformed) when (malformed is Google.Protobuf.InvalidProtocolBufferException or InvalidOperationException)
        {
            return null;
        }
    }

    private static StageFault? Read(Google.Rpc.Status? status)
    {
        if (status?.GetDetail<ErrorInfo>() is not { Domain: FaultReasons.Domain } info)
        {
            return null;
        }
        var fields = status.GetDetail<BadRequest>()?.FieldViolations.Select(violation => (violation.Field, violation.Description)).ToArray();
        return new StageFault(
            info.Metadata.TryGetValue(StageKey, out var stage) ? stage : "", info.Reason, status.Message,
            status.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan(), fields ?? []);
    }

    private static RpcException Create(string stage, StatusCode code, string reason, string detail, TimeSpan? retry = null, string? field = null)
    {
        detail = Echo.Cut(detail, MaxDetailLength);
        var status = new Google.Rpc.Status { Code = (int)code, Message = detail };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = FaultReasons.Domain, Reason = reason, Metadata = { { StageKey, stage } } }));
        if (retry is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }
        if (field is not null)
        {
            var violation = new BadRequest.Types.FieldViolation { Field = field, Description = Echo.Cut(detail, 256) };
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        }
        return status.ToRpcException();
    }
}
