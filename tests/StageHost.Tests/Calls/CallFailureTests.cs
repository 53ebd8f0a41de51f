using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using static QwenMesh.StageHost.Tests.Calls.FakeCalls;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>Failures of the stage, and messages that gRPC itself refuses: all end with the same details.</summary>
public sealed class CallFailureTests
{
    private const string Stream = "Denoise";
    private const string Unary = "GetModelInfo";
    private const int MoreThanAllowed = (4 << 20) + 1;

    public static TheoryData<string, Exception> Failures => new MatrixTheoryData<string, Exception>(
        ["the input", "the session", "a part"], [new IOException("Input/output error"), new InvalidOperationException("broken"), new OperationCanceledException()]);

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_failure_inside_the_stage_is_internal_while_the_caller_is_there(string where, Exception failure)
    {
        await using var stage = await FakeStage.StartAsync();
        stage.Work.Joining = () => Throw("the input");
        stage.Work.Beginning = () => Throw("the session");
        stage.Work.Part = (_, _, _) =>
        {
            Throw("a part");
            return false;
        };
        var (code, fault) = await FaultAsync(() => stage.CompleteAsync(Parameters()));
        Assert.Equal((StatusCode.Internal, FaultReasons.ComputationFailed), (code, fault.Reason));
        Assert.DoesNotContain(failure.Message, fault.Detail, StringComparison.Ordinal);
        Assert.Contains(failure.GetType().Name, Assert.Single(stage.Log.Errors), StringComparison.Ordinal);
        await stage.IdleAsync();

        void Throw(string here)
        {
            if (where == here)
            {
                throw failure;
            }
        }
    }

    public static TheoryData<string, byte[][]> Undecodable => new()
    {
        { Stream, [[0xFF, 0xFF, 0xFF]] },
        { Stream, [Bytes(Parameters()), [0x12, 0x7F, 0x01]] },
        { Unary, [[0xFF, 0xFF, 0xFF]] },
    };

    [Theory]
    [MemberData(nameof(Undecodable), DisableDiscoveryEnumeration = true)]
    public async Task A_message_that_cannot_be_decoded_is_named(string method, byte[][] messages)
    {
        await using var stage = await FakeStage.StartAsync();
        var (code, fault) = await FaultAsync(() => SendAsync(stage.Channel, method, messages));
        Assert.Equal((StatusCode.InvalidArgument, FaultReasons.MalformedMessage, false), (code, fault.Reason, fault.Retryable));
        await stage.IdleAsync();
    }

    public static TheoryData<string, byte[][]> TooLarge => new()
    {
        { Stream, [new byte[MoreThanAllowed]] },
        { Stream, [Bytes(Parameters()), new byte[MoreThanAllowed]] },
        { Unary, [new byte[MoreThanAllowed]] },
    };

    [Theory]
    [MemberData(nameof(TooLarge), DisableDiscoveryEnumeration = true)]
    public async Task A_message_over_the_limit_is_named(string method, byte[][] messages)
    {
        await using var stage = await FakeStage.StartAsync();
        var (code, fault) = await FaultAsync(() => SendAsync(stage.Channel, method, messages));
        Assert.Equal((StatusCode.ResourceExhausted, FaultReasons.MessageTooLarge, false), (code, fault.Reason, fault.Retryable));
        await stage.IdleAsync();
    }

    [Fact]
    public async Task A_method_that_the_stage_does_not_have_is_named()
    {
        await using var stage = await FakeStage.StartAsync();
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(stage.Channel, "Undo", [[]]))).StatusCode);
    }

    /// <summary>The stage answers while the caller still sends: what the caller sees is the answer, never what became of its stream.</summary>
    [Fact]
    public async Task Early_refusals_are_never_anything_else()
    {
        await using var stage = await FakeStage.StartAsync();
        DenoiseRequest[] requests = [new DenoiseRequest { Parameters = new DenoiseParameters() }, .. Reference(0, 0, new byte[5000])];
        foreach (var _ in Enumerable.Range(0, 100))
        {
            var ends = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => FaultAsync(() => stage.CompleteAsync(requests))));
            Assert.All(ends, end => Assert.Equal((StatusCode.InvalidArgument, FaultReasons.InvalidRequest), (end.Code, end.Fault.Reason)));
        }
        await stage.IdleAsync();
        Assert.Empty(stage.Log.Errors);
    }

    private static byte[] Bytes(DenoiseRequest request) => Google.Protobuf.MessageExtensions.ToByteArray(request);

    /// <summary>Messages as bytes, good or not, and the answer to its end.</summary>
    private static async Task SendAsync(GrpcChannel channel, string name, byte[][] messages)
    {
        var bytes = Marshallers.Create(static value => value, static value => value);
        var options = new CallOptions(deadline: DateTime.UtcNow.AddSeconds(60));
        if (name == Unary)
        {
            var unary = new Method<byte[], byte[]>(MethodType.Unary, "qwenmesh.v1.StageInfo", name, bytes, bytes);
            using var answered = channel.CreateCallInvoker().AsyncUnaryCall(unary, null, options, messages[0]);
            await answered;
            return;
        }
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, "qwenmesh.v1.DenoiserStage", name, bytes, bytes);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, options);
        try
        {
            foreach (var message in messages)
            {
                await call.RequestStream.WriteAsync(message);
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception refused) when (refused is RpcException or InvalidOperationException)
        {
            // The status is read below.
        }
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
        }
    }
}
