using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QwenMesh.Protocol;

namespace QwenMesh.StageHost.Tests;

public sealed class StageGateTests
{
    private readonly StageReadiness _readiness = new();
    private readonly StageGate _gate;

    public StageGateTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var options = Options.Create(new StageOptions { MaxConcurrentCalls = 2, MaxQueuedCalls = 1, MaxReceivingCalls = 4, MaxReceivingCallsPerPeer = 3 });
        _gate = new StageGate(new StageIdentity("vae"), _readiness, options, meters);
    }

    [Fact]
    public async Task Refuses_work_until_ready_and_after_the_stop_signal()
    {
        var early = await Assert.ThrowsAsync<RpcException>(() => EnterAsync());
        Assert.Equal(StatusCode.Unavailable, early.StatusCode);
        Assert.Equal(FaultReasons.NotReady, StageFaults.Read(early)!.Reason);
        _readiness.TurnOn();
        (await EnterAsync()).Dispose();
        _readiness.Stop("the stage is shutting down");
        var late = await Assert.ThrowsAsync<RpcException>(() => EnterAsync());
        Assert.Contains("shutting down", late.Status.Detail, StringComparison.Ordinal);
        Assert.True(StageFaults.Read(late)!.Retryable);
    }

    [Fact]
    public async Task Runs_two_queues_one_and_refuses_the_fourth()
    {
        _readiness.TurnOn();
        var first = await EnterAsync();
        var second = await EnterAsync();
        var third = EnterAsync();
        Assert.False(third.IsCompleted);
        Assert.Equal((2, 1), (_gate.Running, _gate.Waiting));
        var refused = await Assert.ThrowsAsync<RpcException>(() => EnterAsync());
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
        var inputs = Enumerable.Range(0, 4).Select(i => _gate.Receive($"ipv4:10.0.0.{i % 2}:{50_000 + i}")).ToArray();
        Assert.Equal((4, 0), (_gate.Receiving, _gate.Admitted));
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(() => _gate.Receive("ipv4:10.0.0.9:1")).StatusCode);
        Assert.Equal(4, _gate.Receiving);

        var places = inputs[..3].Select(input => input.Admit()).ToArray();
        Assert.Equal((1, 3), (_gate.Receiving, _gate.Admitted));
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(inputs[3].Admit).StatusCode);
        Array.ForEach(inputs, input => input.Dispose());
        Assert.Equal((0, 3), (_gate.Receiving, _gate.Admitted));
        Array.ForEach(places, place => place.Dispose());
        _gate.Receive("ipv4:10.0.0.9:1").Dispose();
        Assert.Equal((0, 0), (_gate.Receiving, _gate.Admitted));
    }

    /// <summary>By its address: connections cost a caller nothing.</summary>
    [Theory]
    [InlineData("ipv4:10.0.0.1:{0}", "ipv4:10.0.0.2:1")]
    [InlineData("ipv6:[fd00::1]:{0}", "ipv6:[fd00::2]:1")]
    public void One_caller_has_a_limit_whatever_its_connections(string caller, string other)
    {
        _readiness.TurnOn();
        string Connection(int port) => caller.Replace("{0}", $"{port}", StringComparison.Ordinal);
        var inputs = Enumerable.Range(1, 3).Select(port => _gate.Receive(Connection(port))).ToArray();
        var refused = StageFaults.Read(Assert.Throws<RpcException>(() => _gate.Receive(Connection(9))));
        Assert.Equal((FaultReasons.Overloaded, true), (refused!.Reason, refused.Retryable));
        _gate.Receive(other).Dispose();
        inputs[0].Dispose();
        inputs[0].Dispose(); // A second time must not make room for two.
        _gate.Receive(Connection(10)).Dispose();
        using var third = _gate.Receive(Connection(11));
        Assert.Throws<RpcException>(() => _gate.Receive(Connection(12)));
    }

    [Fact]
    public async Task At_the_stop_signal_waiting_calls_are_handed_back_and_running_ones_go_on()
    {
        _readiness.TurnOn();
        var running = await EnterAsync();
        using var other = await EnterAsync();
        var waiting = EnterAsync();
        _readiness.Stop("the stage is shutting down");
        var handedBack = await Assert.ThrowsAsync<RpcException>(() => waiting);
        Assert.Equal(StatusCode.Unavailable, handedBack.StatusCode);
        Assert.Equal(FaultReasons.NotReady, StageFaults.Read(handedBack)!.Reason);
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
        var call = await EnterAsync();
        loading.Dispose();
        Assert.False(_gate.WaitUntilUnused(TimeSpan.Zero));
        await Assert.ThrowsAsync<RpcException>(() => EnterAsync());
        call.Dispose();
        Assert.True(_gate.WaitUntilUnused(TimeSpan.Zero));

        using var stillLoading = _gate.Use();
        Assert.False(_gate.WaitUntilUnused(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_queue()
    {
        _readiness.TurnOn();
        using var first = await EnterAsync();
        using var second = await EnterAsync();
        using var cancel = new CancellationTokenSource();
        var waiting = EnterAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, _gate.Waiting);
    }

    // The slot with the place: both are given up together.
    private async Task<IDisposable> EnterAsync(CancellationToken cancellation = default)
    {
        var place = _gate.Admit();
        try
        {
            await place.EnterAsync(cancellation);
            return place;
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }
}
