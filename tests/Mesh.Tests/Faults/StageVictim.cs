namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>One replica of a stage behind its proxy.</summary>
internal sealed class StageVictim(string name, IReadOnlyDictionary<string, string> settings, IReadOnlyList<string> paths) : IVictim, IAsyncDisposable
{
    private ServiceProcess _process = null!;
    private bool _isKilled, _isStopped;

    public FaultProxy Proxy { get; } = new(() => new Http2Pieces(paths));

    public string Address => $"http://127.0.0.1:{Proxy.Port}";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = ServiceProcess.StartStage(name, Repository.NanoModel, settings);
        await _process.ReadyAsync("/health/ready", cancellationToken);
        (Proxy.Target, Proxy.Victim) = (_process.GrpcPort, this);
    }

    public Task KillAsync()
    {
        _isKilled = true;
        _process.Kill();
        return Task.CompletedTask;
    }

    public Task StopAsync()
    {
        _isStopped = true;
        return _process.SignalAsync("STOP");
    }

    public async Task HealAsync(CancellationToken cancellationToken)
    {
        Proxy.Heal();
        if (_isStopped)
        {
            _isStopped = false;
            await _process.SignalAsync("CONT");
        }
        if (_isKilled)
        {
            _isKilled = false;
            await _process.DisposeAsync();
            await StartAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        await Proxy.DisposeAsync();
    }
}
