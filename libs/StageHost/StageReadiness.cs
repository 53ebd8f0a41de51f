using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace QwenMesh.StageHost;

/// <summary>Whether the stage takes work: after its warm-up and until it stops. It does not start again.</summary>
public sealed class StageReadiness : IHealthCheck, IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private volatile string? _reason = "the model is loading";
    private bool _stopped;
    private long _stoppedAt;

    /// <summary>Why the stage takes no work; null when it does.</summary>
    public string? Reason => _reason;

    public bool IsReady => _reason is null;

    /// <summary>Cancelled when the stage stops taking work.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_reason is { } reason ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy("ready"));

    /// <summary>Time since it stopped taking work; null when it has not.</summary>
    public TimeSpan? Stopped
    {
        get
        {
            lock (_lock)
            {
                return _stopped ? Stopwatch.GetElapsedTime(_stoppedAt) : null;
            }
        }
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>False when the stage has stopped in the meantime; it then stays off.</summary>
    internal bool TurnOn()
    {
        lock (_lock)
        {
            if (!_stopped)
            {
                _reason = null;
            }
            return !_stopped;
        }
    }

    /// <summary>The first reason is the one that stays.</summary>
    internal void Stop(string reason)
    {
        lock (_lock)
        {
            if (_stopped)
            {
                return;
            }
            _stopped = true;
            _stoppedAt = Stopwatch.GetTimestamp();
            _reason = reason;
        }
        _stopping.Cancel();
    }
}
