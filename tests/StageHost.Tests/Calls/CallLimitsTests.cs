using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;
using static QwenMesh.StageHost.Tests.Calls.FakeCalls;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>Callers that begin and do not go on, and calls that take too long.</summary>
public sealed class CallLimitsTests
{
    public static TheoryData<string, DenoiseRequest[]> Unfinished => new()
    {
        { "nothing", [] },
        { "the parameters", [Parameters()] },
        { "a part of a tensor", [Parameters(), .. Reference(0, 0, new byte[1500]).Take(2)] },
        { "all but the end", [Parameters(), .. Reference(0, 0, [1])] },
    };

    [Theory]
    [MemberData(nameof(Unfinished), DisableDiscoveryEnumeration = true)]
    public async Task An_input_that_does_not_go_on_is_ended(string sent, DenoiseRequest[] requests)
    {
        await using var stage = await FakeStage.StartAsync("--Stage:InputTimeoutSeconds=1");
        using var call = await stage.SendingAsync(requests);
        var (code, fault) = await FaultAsync(call);
        Assert.True((StatusCode.DeadlineExceeded, FaultReasons.InputTimeout) == (code, fault.Reason), $"{sent}: {code} {fault}");
        await stage.IdleAsync();
        Assert.Equal(0, stage.Work.Parts);
        Assert.Empty(stage.Log.Errors);
    }

    [Fact]
    public async Task A_caller_that_takes_nothing_is_left_and_its_computation_stops()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:OutputTimeoutSeconds=1");
        stage.Work.Part = (part, output, cancellation) =>
        {
            if (part == 1)
            {
                // More than the buffers and windows of both sides take.
                output.Post(new OutgoingTensor("latents", DataType.Uint8, [64 << 20], new byte[64 << 20]));
                return true;
            }
            FakeWork.WaitForCancellation(cancellation);
            return true;
        };
        using var call = await stage.SendingAsync(Parameters());
        await call.RequestStream.CompleteAsync();
        await Eventually.TrueAsync(() => stage.Work.Disposed == 1, "the computation has stopped");
        await stage.IdleAsync();
        Assert.Equal(2, stage.Work.Parts);
        await Assert.ThrowsAsync<RpcException>(() => EndAsync(call));
        Assert.Empty(stage.Log.Errors);
    }

    [Fact]
    public async Task A_computation_ends_when_the_call_has_taken_too_long()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:CallTimeoutSeconds=2");
        stage.Work.Part = (_, _, cancellation) =>
        {
            FakeWork.WaitForCancellation(cancellation);
            return true;
        };
        // A machine that stands still may let all of the time pass before a call is computed: then the next one is.
        await Eventually.TrueAsync(async () =>
        {
            var (code, fault) = await FaultAsync(() => stage.CompleteAsync(Parameters()));
            Assert.Equal((StatusCode.DeadlineExceeded, FaultReasons.CallTimeout, false), (code, fault.Reason, fault.Retryable));
            return stage.Work.Parts > 0;
        }, "a call is computed");
        Assert.Equal((1, 1), (stage.Work.Parts, stage.Work.Disposed));
        await stage.IdleAsync();
        Assert.Empty(stage.Log.Errors);
    }

    [Fact]
    public async Task A_call_that_waits_for_its_turn_ends_when_it_has_taken_too_long()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:CallTimeoutSeconds=1");
        using var place = stage.Gate.Admit();
        using (await place.EnterAsync(TestContext.Current.CancellationToken))
        {
            var (code, fault) = await FaultAsync(() => stage.CompleteAsync(Parameters()));
            Assert.Equal((StatusCode.DeadlineExceeded, FaultReasons.CallTimeout), (code, fault.Reason));
        }
        place.Dispose();
        await stage.IdleAsync();
        Assert.Equal(0, stage.Work.Parts);
    }

    [Fact]
    public async Task Input_that_goes_on_for_ever_ends_with_the_call()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:CallTimeoutSeconds=2");
        using var call = await stage.SendingAsync(Parameters());
        using var ended = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            // A byte now and then, each in the minute that a message has.
            foreach (var frame in TensorFrames.Split(new OutgoingTensor("reference", DataType.Uint8, [100_000], new byte[100_000]), 0, 1))
            {
                await call.RequestStream.WriteAsync(new DenoiseRequest { Frame = frame });
                await Task.Delay(20, ended.Token);
            }
        }, TestContext.Current.CancellationToken);
        var (code, fault) = await FaultAsync(call);
        Assert.Equal((StatusCode.DeadlineExceeded, FaultReasons.CallTimeout), (code, fault.Reason));
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await stage.IdleAsync();
    }

    /// <summary>One more than the stage computes and queues together.</summary>
    [Fact]
    public async Task Callers_that_send_their_parameters_and_no_more_keep_nobody_out()
    {
        await using var stage = await FakeStage.StartAsync();
        var calls = await Task.WhenAll(Enumerable.Range(0, 65).Select(_ => stage.SendingAsync(Parameters())));
        await Eventually.TrueAsync(() => stage.Gate.Receiving == 65, "all calls have begun");
        Assert.Equal(DenoiseResponse.KindOneofCase.Finished, (await stage.CompleteAsync(Parameters()))[^1].KindCase);
        Assert.Equal((65, 0), (stage.Gate.Receiving, stage.Gate.Admitted));
        Array.ForEach(calls, call => call.Dispose());
        await stage.IdleAsync();
    }

    [Fact]
    public async Task One_caller_sends_only_so_many_inputs_at_a_time()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:MaxReceivingCallsPerPeer=3");
        var calls = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => stage.SendingAsync(Parameters())));
        await Eventually.TrueAsync(() => stage.Gate.Receiving == 3, "all calls have begun");
        var (code, fault) = await FaultAsync(() => stage.CompleteAsync(Parameters()));
        Assert.Equal((StatusCode.ResourceExhausted, FaultReasons.Overloaded, true), (code, fault.Reason, fault.Retryable));
        calls[0].Dispose();
        await Eventually.TrueAsync(() => stage.Gate.Receiving == 2, "one has left");
        await stage.CompleteAsync(Parameters());
        Array.ForEach(calls, call => call.Dispose());
        await stage.IdleAsync();
    }
}
