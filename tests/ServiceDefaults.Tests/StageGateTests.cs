using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QwenMesh.Protocol.V1;

namespace QwenMesh.ServiceDefaults.Tests;

public sealed class StageGateTests
{
    private readonly StageReadiness _readiness = new();
    private readonly StageGate _gate;

    public StageGateTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var options = Options.Create(new StageOptions { MaxConcurrentCalls = 2, MaxQueuedCalls = 1 });
        _gate = new StageGate(new StageIdentity("vae"), _readiness, options, meters);
    }

    [Fact]
    public async Task Refuses_work_until_ready_and_after_the_stop_signal()
    {
        var early = await Assert.ThrowsAsync<RpcException>(() => _gate.EnterAsync(default));
        Assert.Equal(StatusCode.Unavailable, early.StatusCode);
        Assert.Equal(StageFault.Types.Kind.NotReady, StageFaults.Read(early)!.Kind);
        _readiness.TurnOn();
        (await _gate.EnterAsync(default)).Dispose();
        _readiness.TurnOff("the stage is shutting down");
        var late = await Assert.ThrowsAsync<RpcException>(() => _gate.EnterAsync(default));
        Assert.Contains("shutting down", late.Status.Detail, StringComparison.Ordinal);
        Assert.True(StageFaults.Read(late)!.Retryable);
    }

    [Fact]
    public async Task Runs_two_queues_one_and_refuses_the_fourth()
    {
        _readiness.TurnOn();
        var first = await _gate.EnterAsync(default);
        var second = await _gate.EnterAsync(default);
        var third = _gate.EnterAsync(default);
        Assert.False(third.IsCompleted);
        Assert.Equal((2, 1), (_gate.Running, _gate.Waiting));
        var refused = await Assert.ThrowsAsync<RpcException>(() => _gate.EnterAsync(default));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        first.Dispose();
        first.Dispose(); // A second release must not free a second slot.
        (await third).Dispose();
        second.Dispose();
        Assert.Equal((0, 0), (_gate.Running, _gate.Waiting));
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_queue()
    {
        _readiness.TurnOn();
        using var first = await _gate.EnterAsync(default);
        using var second = await _gate.EnterAsync(default);
        using var cancel = new CancellationTokenSource();
        var waiting = _gate.EnterAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, _gate.Waiting);
    }
}
