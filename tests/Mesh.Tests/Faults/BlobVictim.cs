using QwenMesh.Testing.Clients;

namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>An S3 service behind its proxy.</summary>
internal sealed class BlobVictim : IVictim, IAsyncDisposable
{
    private S3Server _server = null!;
    private bool _isKilled, _isStopped;

    public FaultProxy Proxy { get; } = new(() => new RawPieces());

    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Files__Bucket"] = "files",
        ["Files__Endpoint"] = $"http://127.0.0.1:{Proxy.Port}",
        ["Files__AccessKey"] = "S3RVER",
        ["Files__SecretKey"] = "S3RVER",
    };

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _server = await S3Server.StartAsync(cancellationToken);
        (Proxy.Target, Proxy.Victim) = (new Uri(_server.Endpoint).Port, this);
    }

    public Task KillAsync()
    {
        _isKilled = true;
        return _server.SignalAsync("KILL");
    }

    public Task StopAsync()
    {
        _isStopped = true;
        return _server.SignalAsync("STOP");
    }

    public async Task HealAsync(CancellationToken cancellationToken)
    {
        Proxy.Heal();
        if (_isStopped)
        {
            _isStopped = false;
            await _server.SignalAsync("CONT");
        }
        if (_isKilled)
        {
            _isKilled = false;
            await _server.RestartAsync(cancellationToken);
            Proxy.Target = new Uri(_server.Endpoint).Port;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        await Proxy.DisposeAsync();
    }
}
