using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.Tensors;
using QwenMesh.Testing;
using static QwenMesh.StageHost.Tests.Calls.FakeCalls;

namespace QwenMesh.StageHost.Tests.Calls;

/// <summary>Computations that do not get on and cannot be cancelled, as on a device that hangs.</summary>
public sealed class HangTests : IDisposable
{
    private readonly ManualResetEventSlim _released = new();

    public void Dispose()
    {
        _released.Set();
        _released.Dispose();
    }

    [Fact]
    public async Task Its_call_can_be_made_elsewhere_and_the_stage_stops()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:StallSeconds=0.5");
        stage.Work.Part = Hang;
        var (code, fault) = await FaultAsync(() => stage.CompleteAsync(Parameters()));
        Assert.Equal((StatusCode.Aborted, FaultReasons.ComputationHung, true), (code, fault.Reason, fault.Retryable));
        await StoppedAsync(stage);
    }

    [Fact]
    public async Task A_call_that_waits_behind_it_is_told_to_go_elsewhere()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:StallSeconds=2");
        stage.Work.Part = Hang;
        var first = FaultAsync(() => stage.CompleteAsync(Parameters()));
        await Eventually.TrueAsync(() => stage.Work.Parts == 1, "the first is computed");
        var (code, fault) = await FaultAsync(() => stage.CompleteAsync(Parameters()));
        Assert.Equal((StatusCode.Unavailable, FaultReasons.NotReady), (code, fault.Reason));
        Assert.Equal(StatusCode.Aborted, (await first).Code);
        Assert.Equal(1, stage.Work.Parts);
    }

    [Fact]
    public async Task A_caller_that_has_given_up_on_it_does_not_hide_it()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:StallSeconds=2");
        stage.Work.Part = Hang;
        using (var call = await stage.SendingAsync(Parameters()))
        {
            await EndInputAsync(call);
            await Eventually.TrueAsync(() => stage.Work.Parts == 1, "it is computed");
        }
        await StoppedAsync(stage);
    }

    [Fact]
    public async Task A_long_computation_that_gets_on_is_left_alone()
    {
        await using var stage = await FakeStage.StartAsync("--Stage:StallSeconds=2");
        stage.Work.Part = (_, _, cancellation) =>
        {
            for (var block = 0; block < 60; block++)
            {
                Thread.Sleep(50);
                ComputeProgress.Report(cancellation);
            }
            return false;
        };
        await stage.CompleteAsync(Parameters());
        Assert.False(stage.Stopping.IsCancellationRequested);
        Assert.Empty(stage.Log.Errors);
    }

    private static async Task StoppedAsync(FakeStage stage)
    {
        await Eventually.TrueAsync(() => stage.Stopping.IsCancellationRequested, "the stage stops");
        Assert.Contains("has not got on", Assert.Single(stage.Log.Errors), StringComparison.Ordinal);
        // Its thread holds the slot and reads the weights, and nobody waits for it.
        Assert.Equal(1, stage.Gate.Running);
        Assert.False(stage.Gate.WaitUntilUnused(TimeSpan.FromMinutes(10)));
    }

    private bool Hang(int part, StageOutput<DenoiseResponse> output, CancellationToken cancellation)
    {
        Assert.True(_released.Wait(TimeSpan.FromSeconds(60), CancellationToken.None), "gave up waiting for the end of the test");
        return false;
    }
}
