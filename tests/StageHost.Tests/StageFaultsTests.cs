using Google.Rpc;
using Grpc.Core;
using QwenMesh.Protocol;
using Status = Grpc.Core.Status;

namespace QwenMesh.StageHost.Tests;

public sealed class StageFaultsTests
{
    private const string Details = "grpc-status-details-bin";

    public static TheoryData<string, StatusCode, bool> Table => new()
    {
        { FaultReasons.InvalidRequest, StatusCode.InvalidArgument, false },
        { FaultReasons.InputTimeout, StatusCode.DeadlineExceeded, false },
        { FaultReasons.CallTimeout, StatusCode.DeadlineExceeded, false },
        { FaultReasons.Corrupted, StatusCode.DataLoss, true },
        { FaultReasons.Unsupported, StatusCode.Unimplemented, false },
        { FaultReasons.FeatureMissing, StatusCode.Unimplemented, false },
        { FaultReasons.NotReady, StatusCode.Unavailable, true },
        { FaultReasons.Overloaded, StatusCode.ResourceExhausted, true },
        { FaultReasons.ContentFiltered, StatusCode.InvalidArgument, false },
        { FaultReasons.NotFound, StatusCode.NotFound, false },
        { FaultReasons.Cancelled, StatusCode.Cancelled, false },
        { FaultReasons.DeadlinePassed, StatusCode.DeadlineExceeded, false },
        { FaultReasons.ComputationHung, StatusCode.Aborted, true },
        { FaultReasons.ComputationFailed, StatusCode.Internal, false },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_fault_survives_the_trailer(string reason, StatusCode code, bool retryable)
    {
        var sent = reason switch
        {
            FaultReasons.InvalidRequest => StageFaults.InvalidRequest("vae", "why"),
            FaultReasons.InputTimeout => StageFaults.InputTimeout("vae", "why"),
            FaultReasons.CallTimeout => StageFaults.CallTimeout("vae", "why"),
            FaultReasons.Corrupted => StageFaults.Corrupted("vae", "why"),
            FaultReasons.Unsupported => StageFaults.Unsupported("vae", "why"),
            FaultReasons.FeatureMissing => StageFaults.FeatureMissing("vae", "why"),
            FaultReasons.NotReady => StageFaults.NotReady("vae", "why"),
            FaultReasons.Overloaded => StageFaults.Overloaded("vae", "why"),
            FaultReasons.ContentFiltered => StageFaults.ContentFiltered("vae", "why"),
            FaultReasons.NotFound => StageFaults.NotFound("vae", "why"),
            FaultReasons.Cancelled => StageFaults.Cancelled("vae", "why"),
            FaultReasons.DeadlinePassed => StageFaults.DeadlinePassed("vae", "why"),
            FaultReasons.ComputationHung => StageFaults.Hung("vae", "why"),
            _ => StageFaults.Internal("vae", "why"),
        };
        // As a client has it: the status from the headers, the details from the bytes.
        var received = new RpcException(sent.Status, new Metadata { { Details, sent.Trailers.GetValueBytes(Details)! } });
        Assert.Equal(code, received.StatusCode);
        var fault = StageFaults.Read(received)!;
        Assert.Equal(("vae", reason, sent.Status.Detail, retryable), (fault.Stage, fault.Reason, fault.Detail, fault.Retryable));
        Assert.Contains("why", fault.Detail, StringComparison.Ordinal);
    }

    /// <summary>Other programs know these messages of google.rpc, and nothing of ours.</summary>
    [Fact]
    public void Details_are_those_of_google_rpc()
    {
        var wrong = StageFaults.InvalidRequest("denoiser", "scheduler is required", "parameters.scheduler").GetRpcStatus()!;
        Assert.Equal(("qwenmesh", "INVALID_REQUEST"), (wrong.GetDetail<ErrorInfo>()!.Domain, wrong.GetDetail<ErrorInfo>()!.Reason));
        var violation = Assert.Single(wrong.GetDetail<BadRequest>()!.FieldViolations);
        Assert.Equal(("parameters.scheduler", "scheduler is required"), (violation.Field, violation.Description));
        Assert.Null(wrong.GetDetail<RetryInfo>());
        Assert.Equal(1, StageFaults.Overloaded("vae", "full").GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
    }

    [Fact]
    public void Fields_at_fault_are_read_back()
    {
        var fault = StageFaults.Read(StageFaults.InvalidRequest("vae", "why", "parameters.output_dtype"))!;
        Assert.Equal([("parameters.output_dtype", "why")], fault.Fields);
        Assert.Empty(StageFaults.Read(StageFaults.InvalidRequest("vae", "why"))!.Fields);
        Assert.Equal("parameters.required_features", Assert.Single(StageFaults.Read(StageFaults.FeatureMissing("vae", "x"))!.Fields).Field);
    }

    /// <summary>They travel in headers: grpc-message and its copy in the details, whatever a caller has put into them.</summary>
    [Fact]
    public void Messages_are_cut()
    {
        var fault = StageFaults.InvalidRequest("vae", new string('x', 100_000), "parameters");
        Assert.Equal(new string('x', 997) + "...", fault.Status.Detail);
        Assert.Equal(fault.Status.Detail, StageFaults.Read(fault)!.Detail);
        Assert.InRange(fault.Trailers.GetValueBytes(Details)!.Length, 1000, 2000);
        Assert.InRange(StageFaults.FeatureMissing("vae", new string('y', 100_000)).Status.Detail.Length, 64, 200);
    }

    [Theory]
    [InlineData(StatusCode.ResourceExhausted, StatusCode.ResourceExhausted, FaultReasons.MessageTooLarge)]
    [InlineData(StatusCode.Internal, StatusCode.InvalidArgument, FaultReasons.MalformedMessage)]
    [InlineData(StatusCode.InvalidArgument, StatusCode.InvalidArgument, FaultReasons.MalformedMessage)]
    [InlineData(StatusCode.Unimplemented, StatusCode.Unimplemented, FaultReasons.Other)]
    public void What_gRPC_has_refused_is_named(StatusCode code, StatusCode sent, string reason)
    {
        var fault = StageFaults.Of("vae", code, "as gRPC says it");
        Assert.Equal((sent, reason, false), (fault.StatusCode, StageFaults.Read(fault)!.Reason, StageFaults.Read(fault)!.Retryable));
    }

    [Fact]
    public void Foreign_or_damaged_details_are_no_fault()
    {
        Assert.Null(StageFaults.Read(new RpcException(new Status(StatusCode.Unavailable, "refused"))));
        Assert.Null(StageFaults.Read(With([0xFF, 0xFF, 0xFF])));
        Assert.Null(StageFaults.Read(With([])));
        var foreign = new Google.Rpc.Status { Code = 13, Message = "x" };
        foreign.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(new ErrorInfo { Domain = "googleapis.com", Reason = "API_DISABLED" }));
        Assert.Null(StageFaults.Read(foreign.ToRpcException()));
        // An Any whose content is not what its type says.
        foreign.Details[0] = new Google.Protobuf.WellKnownTypes.Any { TypeUrl = "type.googleapis.com/google.rpc.ErrorInfo", Value = Google.Protobuf.ByteString.CopyFrom(0xFF) };
        Assert.Null(StageFaults.Read(foreign.ToRpcException()));
    }

    private static RpcException With(byte[] details) => new(new Status(StatusCode.Internal, "x"), new Metadata { { Details, details } });
}
