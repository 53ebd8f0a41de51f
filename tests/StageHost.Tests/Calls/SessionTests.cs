using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;
using static QwenMesh.StageHost.Tests.Calls.FakeCalls;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>A session that advances in several parts: what is sent between them, and how it is stopped.</summary>
public sealed class SessionTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>The caller has each part's message before the next part begins.</summary>
    [Fact]
    public async Task Progress_is_sent_while_the_next_part_waits()
    {
        await using var stage = await FakeStage.StartAsync();
        using var next = new SemaphoreSlim(0);
        stage.Work.Part = (part, output, _) =>
        {
            output.Post(new DenoiseResponse { Step = new DenoiseStep { Step = part } });
            Assert.True(next.Wait(Bound, CancellationToken.None));
            return part < 3;
        };
        using var call = await stage.SendingAsync(Parameters());
        await call.RequestStream.CompleteAsync();
        Assert.Equal(DenoiseResponse.KindOneofCase.Started, (await NextAsync(call)).KindCase);
        for (var step = 1; step <= 3; step++)
        {
            Assert.Equal(step, (await NextAsync(call)).Step.Step);
            Assert.Equal(step, stage.Work.Parts);
            next.Release();
        }
        Assert.Equal(DenoiseResponse.KindOneofCase.Finished, (await NextAsync(call)).KindCase);
        await stage.IdleAsync();
    }

    [Fact]
    public async Task A_caller_that_leaves_stops_the_session_between_parts()
    {
        await using var stage = await FakeStage.StartAsync();
        stage.Work.Part = (part, output, cancellation) =>
        {
            output.Post(new DenoiseResponse { Step = new DenoiseStep { Step = part } });
            if (part == 2)
            {
                FakeWork.WaitForCancellation(cancellation);
            }
            return true;
        };
        using var leave = new CancellationTokenSource();
        using var call = stage.Begin(leave.Token);
        await call.RequestStream.WriteAsync(Parameters(), TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();
        while ((await NextAsync(call)).Step?.Step != 2)
        {
        }
        await leave.CancelAsync();
        await stage.IdleAsync();
        Assert.Equal((2, 1), (stage.Work.Parts, stage.Work.Disposed));
        Assert.Empty(stage.Log.Errors);
    }

    /// <summary>The model's memory may go when the gate says so: not while a thread that does not look at its token still reads it.</summary>
    [Fact]
    public async Task The_model_is_kept_until_the_computing_thread_has_ended()
    {
        await using var stage = await FakeStage.StartAsync();
        using var finish = new ManualResetEventSlim();
        stage.Work.Part = (_, _, _) =>
        {
            Assert.True(finish.Wait(Bound, CancellationToken.None));
            return false;
        };
        using var leave = new CancellationTokenSource();
        using var call = stage.Begin(leave.Token);
        await call.RequestStream.WriteAsync(Parameters(), TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();
        await Eventually.TrueAsync(() => stage.Work.Parts == 1, "it computes");
        await leave.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => EndAsync(call));
        Assert.Equal((1, 1, 0), (stage.Gate.Admitted, stage.Gate.Running, stage.Work.Disposed));
        Assert.False(stage.Gate.WaitUntilUnused(TimeSpan.Zero));
        finish.Set();
        Assert.True(stage.Gate.WaitUntilUnused(Bound));
        Assert.Equal(1, stage.Work.Disposed);
        await stage.IdleAsync();
    }

    /// <summary>The slot is for computing: the next call begins while a reader still takes the last answer.</summary>
    [Fact]
    public async Task A_slot_is_free_when_the_computation_ends_whoever_still_reads()
    {
        await using var stage = await FakeStage.StartAsync();
        stage.Work.Part = (_, output, _) =>
        {
            output.Post(new TensorWire.OutgoingTensor("latents", DataType.Uint8, [64 << 20], new byte[64 << 20]));
            return false;
        };
        using var slow = await stage.SendingAsync(Parameters());
        await slow.RequestStream.CompleteAsync();
        await Eventually.TrueAsync(() => stage.Gate is { Admitted: 1, Running: 0 } && stage.Work.Disposed == 1, "it has computed");
        stage.Work.Part = (_, _, _) => false;
        Assert.Equal(DenoiseResponse.KindOneofCase.Finished, (await stage.CompleteAsync(Parameters()))[^1].KindCase);
        Assert.Equal(1, stage.Gate.Admitted);
        await EndAsync(slow);
        await stage.IdleAsync();
    }

    private static async Task<DenoiseResponse> NextAsync(AsyncDuplexStreamingCall<DenoiseRequest, DenoiseResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current;
    }
}
