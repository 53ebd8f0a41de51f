using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using QwenMesh.Protocol;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.StageHost;

/// <summary>
/// Bounds the calls that a stage admits and those that it computes at a time. Refuses work while the stage is not ready, and knows
/// when the model is no longer in use.
/// </summary>
public sealed class StageGate : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly StageIdentity _stage;
    private readonly StageReadiness _readiness;
    private readonly StageOptions _options;
    private readonly SemaphoreSlim _slots;
    private readonly Meter _meter;
    private readonly Dictionary<string, int> _peers = new(StringComparer.Ordinal);
    private int _receiving;
    private int _admitted;
    private int _waiting;
    private int _users;
    private volatile bool _hangs;

    public StageGate(StageIdentity stage, StageReadiness readiness, IOptions<StageOptions> options, IMeterFactory meters)
    {
        _stage = stage;
        _readiness = readiness;
        _options = options.Value;
        _slots = new SemaphoreSlim(_options.MaxConcurrentCalls);
        _meter = meters.Create(MeshTelemetry.StageMeter);
        _meter.CreateObservableUpDownCounter("qwenmesh.stage.calls.receiving", () => Receiving, "{call}", "Calls whose input is not complete.");
        _meter.CreateObservableUpDownCounter("qwenmesh.stage.calls.admitted", () => Admitted, "{call}", "Calls taken on, from their complete input to their end.");
        _meter.CreateObservableUpDownCounter("qwenmesh.stage.calls.running", () => Running, "{call}", "Calls being computed.");
        _meter.CreateObservableUpDownCounter("qwenmesh.stage.calls.waiting", () => Waiting, "{call}", "Calls waiting for a slot.");
    }

    /// <summary>Calls that send their input now.</summary>
    public int Receiving => Volatile.Read(ref _receiving);

    /// <summary>Admitted calls: those that wait, are computed or receive their answer.</summary>
    public int Admitted => Volatile.Read(ref _admitted);

    /// <summary>Calls being computed now.</summary>
    public int Running => _options.MaxConcurrentCalls - _slots.CurrentCount;

    /// <summary>Calls waiting for a slot now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    private long MostAdmitted => (long)_options.MaxConcurrentCalls + _options.MaxQueuedCalls;

    /// <summary>Begins to take a call's input, before memory is allocated for it. Its place in the queue comes when the input is complete and checked.</summary>
    /// <param name="peer">The caller as gRPC names it, e.g. "ipv4:127.0.0.1:50312"; all connections of one address count together.</param>
    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE when not ready, RESOURCE_EXHAUSTED when too many send.</exception>
    public StageInput Receive(string peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ThrowIfNotReady();
        var address = peer.LastIndexOf(':') is > 0 and var colon ? peer[..colon] : peer;
        bool hasRoom;
        lock (_peers)
        {
            _receiving++;
            var own = _peers[address] = _peers.GetValueOrDefault(address) + 1;
            hasRoom = _receiving <= _options.MaxReceivingCalls && own <= _options.MaxReceivingCallsPerPeer;
        }
        if (!hasRoom)
        {
            Received(address);
            throw StageFaults.Overloaded(
                _stage.Name, $"{_options.MaxReceivingCalls} calls, or {_options.MaxReceivingCallsPerPeer} of one caller, send their input to the {_stage.Name}, which takes no more; try again later");
        }
        return new StageInput(this, address, _stage, TimeSpan.FromSeconds(_options.InputTimeoutSeconds));
    }

    /// <summary>Admits a call whose input is complete. Dispose the place when the call ends.</summary>
    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE when not ready, RESOURCE_EXHAUSTED when there are too many.</exception>
    public StagePlace Admit()
    {
        ThrowIfNotReady();
        if (Interlocked.Increment(ref _admitted) > MostAdmitted)
        {
            Leave();
            throw StageFaults.Overloaded(_stage.Name, $"the {_stage.Name} has {MostAdmitted} calls at hand and takes no more; try again later");
        }
        return new StagePlace(this);
    }

    public void ThrowIfNotReady()
    {
        if (_readiness.Reason is { } reason)
        {
            throw StageFaults.NotReady(_stage.Name, $"the {_stage.Name} is not ready: {reason}");
        }
    }

    /// <summary>
    /// Admits no more calls and waits until neither the loading nor a call uses the model. False after ten seconds, and at once when a computation hangs:
    /// its memory must then be left to the end of the process, because a thread still reads it.
    /// </summary>
    public bool WaitUntilUnused(TimeSpan? longest = null)
    {
        _readiness.Stop("the stage has stopped");
        return SpinWait.SpinUntil(() => _hangs || Volatile.Read(ref _users) == 0, longest ?? LongestWait) && !_hangs;
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>The model is in use until the result is disposed.</summary>
    internal IDisposable Use() => new ModelUse(this, null);

    internal void Received(string address)
    {
        lock (_peers)
        {
            _receiving--;
            if (--_peers[address] == 0)
            {
                _peers.Remove(address);
            }
        }
    }

    /// <summary>A computation will keep its slot.</summary>
    internal void Hangs() => _hangs = true;

    internal void Leave() => Interlocked.Decrement(ref _admitted);

    internal async Task<IDisposable> WaitForSlotAsync(CancellationToken cancellationToken)
    {
        if (!_slots.Wait(0, CancellationToken.None))
        {
            Interlocked.Increment(ref _waiting);
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _readiness.Stopping);
                await _slots.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The stage stops: the caller is told at once, so that another replica can take the call.
                ThrowIfNotReady();
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
        // In this order, so that WaitUntilUnused either sees this use or keeps it out.
        var use = new ModelUse(this, _slots);
        try
        {
            ThrowIfNotReady();
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    private sealed class ModelUse : IDisposable
    {
        private readonly SemaphoreSlim? _slots;
        private StageGate? _gate;

        public ModelUse(StageGate gate, SemaphoreSlim? slots)
        {
            (_gate, _slots) = (gate, slots);
            Interlocked.Increment(ref gate._users);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _gate, null) is { } gate)
            {
                _slots?.Release();
                Interlocked.Decrement(ref gate._users);
            }
        }
    }
}
