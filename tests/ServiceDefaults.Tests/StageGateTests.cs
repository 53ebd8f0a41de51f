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
        var options = Options.Create(new StageOptions { MaxConcurrentCalls = 2, MaxQueuedCalls = 1, MaxReceivingCalls = 4 });
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
        _readiness.Stop("the stage is shutting down");
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
    public async Task A_call_counts_from_its_admission_until_its_place_is_given_up()
    {
        _readiness.TurnOn();
        var places = new[] { _gate.Admit(), _gate.Admit(), _gate.Admit() };
        Assert.Equal((3, 0, 0), (_gate.Admitted, _gate.Running, _gate.Waiting));
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(_gate.Admit).StatusCode);

        // A freed slot is not yet a free place: the answer still has to be sent.
        (await places[0].EnterAsync(default)).Dispose();
        Assert.Throws<RpcException>(_gate.Admit);
        var running = await places[1].EnterAsync(default);
        Assert.Equal(1, _gate.Running);
        Array.ForEach(places, place => place.Dispose());
        Array.ForEach(places, place => place.Dispose());
        running.Dispose();
        Assert.Equal((0, 0), (_gate.Admitted, _gate.Running));
        _gate.Admit().Dispose();
    }

    [Fact]
    public void A_call_that_sends_its_input_has_no_place_and_a_limit_of_its_own()
    {
        _readiness.TurnOn();
        var inputs = Enumerable.Range(0, 4).Select(_ => _gate.Receive()).ToArray();
        Assert.Equal((4, 0), (_gate.Receiving, _gate.Admitted));
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(_gate.Receive).StatusCode);
        Assert.Equal(4, _gate.Receiving);

        var places = inputs[..3].Select(input => input.Admit()).ToArray();
        Assert.Equal((1, 3), (_gate.Receiving, _gate.Admitted));
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(inputs[3].Admit).StatusCode);
        Array.ForEach(inputs, input => input.Dispose());
        Assert.Equal((0, 3), (_gate.Receiving, _gate.Admitted));
        Array.ForEach(places, place => place.Dispose());
        _gate.Receive().Dispose();
        Assert.Equal((0, 0), (_gate.Receiving, _gate.Admitted));
    }

    [Fact]
    public async Task At_the_stop_signal_waiting_calls_are_handed_back_and_running_ones_go_on()
    {
        _readiness.TurnOn();
        var running = await _gate.EnterAsync(default);
        using var other = await _gate.EnterAsync(default);
        var waiting = _gate.EnterAsync(default);
        _readiness.Stop("the stage is shutting down");
        var handedBack = await Assert.ThrowsAsync<RpcException>(() => waiting);
        Assert.Equal(StatusCode.Unavailable, handedBack.StatusCode);
        Assert.Equal(StageFault.Types.Kind.NotReady, StageFaults.Read(handedBack)!.Kind);
        Assert.Equal((2, 2, 0), (_gate.Admitted, _gate.Running, _gate.Waiting));
        running.Dispose();
        Assert.Equal(1, _gate.Running);
    }

    [Fact]
    public async Task A_call_that_was_admitted_before_the_stop_signal_gets_no_slot_after_it()
    {
        _readiness.TurnOn();
        using var place = _gate.Admit();
        _readiness.Stop("the stage is shutting down");
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => place.EnterAsync(default))).StatusCode);
        Assert.Equal(0, _gate.Running);
    }

    [Fact]
    public async Task The_model_is_in_use_until_its_loading_and_the_last_call_have_ended()
    {
        var loading = _gate.Use();
        _readiness.TurnOn();
        var call = await _gate.EnterAsync(default);
        loading.Dispose();
        Assert.False(_gate.WaitUntilUnused(TimeSpan.Zero));
        await Assert.ThrowsAsync<RpcException>(() => _gate.EnterAsync(default));
        call.Dispose();
        Assert.True(_gate.WaitUntilUnused(TimeSpan.Zero));

        using var stillLoading = _gate.Use();
        Assert.False(_gate.WaitUntilUnused(TimeSpan.Zero));
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
