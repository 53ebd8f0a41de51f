using Grpc.Core;
using QwenMesh.Protocol.V1;

namespace QwenMesh.ServiceDefaults.Tests;

public sealed class StageFaultsTests
{
    [Theory]
    [InlineData(StageFault.Types.Kind.InvalidRequest, StatusCode.InvalidArgument, false)]
    [InlineData(StageFault.Types.Kind.Unsupported, StatusCode.Unimplemented, false)]
    [InlineData(StageFault.Types.Kind.NotReady, StatusCode.Unavailable, true)]
    [InlineData(StageFault.Types.Kind.Overloaded, StatusCode.ResourceExhausted, true)]
    [InlineData(StageFault.Types.Kind.Internal, StatusCode.Internal, false)]
    public void A_fault_survives_the_trailer(StageFault.Types.Kind kind, StatusCode code, bool retryable)
    {
        var exception = kind switch
        {
            StageFault.Types.Kind.InvalidRequest => StageFaults.InvalidRequest("vae", "why"),
            StageFault.Types.Kind.Unsupported => StageFaults.Unsupported("vae", "why"),
            StageFault.Types.Kind.NotReady => StageFaults.NotReady("vae", "why"),
            StageFault.Types.Kind.Overloaded => StageFaults.Overloaded("vae", "why"),
            _ => StageFaults.Internal("vae", "why"),
        };
        Assert.Equal(code, exception.StatusCode);
        Assert.Equal(new StageFault { Stage = "vae", Kind = kind, Detail = "why", Retryable = retryable }, StageFaults.Read(exception));
    }

    [Fact]
    public void A_message_is_cut_to_1000_characters()
    {
        var fault = StageFaults.Internal("vae", new string('x', 100_000));
        Assert.Equal(new string('x', 997) + "...", fault.Status.Detail);
        Assert.Equal(fault.Status.Detail, StageFaults.Read(fault)!.Detail);
    }

    [Fact]
    public void A_foreign_or_damaged_trailer_is_no_fault()
    {
        Assert.Null(StageFaults.Read(new RpcException(new Status(StatusCode.Unavailable, "refused"))));
        var damaged = new Metadata { { StageFaults.Trailer, new byte[] { 0xFF, 0xFF, 0xFF } } };
        Assert.Null(StageFaults.Read(new RpcException(new Status(StatusCode.Internal, "x"), damaged)));
    }
}
