using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace QwenMesh.ServiceDefaults;

/// <summary>Bounds the calls that a stage computes at a time and those that wait. Refuses work while the stage is not ready.</summary>
public sealed class StageGate : IDisposable
{
    private readonly StageIdentity _stage;
    private readonly StageReadiness _readiness;
    private readonly StageOptions _options;
    private readonly SemaphoreSlim _slots;
    private readonly Meter _meter;
    private int _waiting;

    public StageGate(StageIdentity stage, StageReadiness readiness, IOptions<StageOptions> options, IMeterFactory meters)
    {
        _stage = stage;
        _readiness = readiness;
        _options = options.Value;
        _slots = new SemaphoreSlim(_options.MaxConcurrentCalls);
        _meter = meters.Create(MeshTelemetry.StageMeter);
        _meter.CreateObservableUpDownCounter("qwenmesh.stage.calls.running", () => Running, "{call}", "Calls being computed.");
        _meter.CreateObservableUpDownCounter("qwenmesh.stage.calls.waiting", () => Waiting, "{call}", "Calls waiting for a slot.");
    }

    /// <summary>Calls being computed now.</summary>
    public int Running => _options.MaxConcurrentCalls - _slots.CurrentCount;

    /// <summary>Calls waiting for a slot now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits for a slot; disposing what it returns frees the slot.</summary>
    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE when not ready, RESOURCE_EXHAUSTED when the queue is full.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        ThrowIfNotReady();
        if (!_slots.Wait(0, CancellationToken.None))
        {
            if (Interlocked.Increment(ref _waiting) > _options.MaxQueuedCalls)
            {
                Interlocked.Decrement(ref _waiting);
                throw StageFaults.Overloaded(_stage.Name, $"the {_stage.Name} has {_options.MaxQueuedCalls} calls waiting; try again later");
            }
            try
            {
                await _slots.WaitAsync(cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
        return new Slot(_slots);
    }

    public void ThrowIfNotReady()
    {
        if (_readiness.Reason is { } reason)
        {
            throw StageFaults.NotReady(_stage.Name, $"the {_stage.Name} is not ready: {reason}");
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        _meter.Dispose();
    }

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        private SemaphoreSlim? _slots = slots;

        public void Dispose() => Interlocked.Exchange(ref _slots, null)?.Release();
    }
}
