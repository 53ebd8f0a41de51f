using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests;

/// <summary>Several Gateways with one database, which a test kills and starts again.</summary>
internal sealed class Gateways : IAsyncDisposable
{
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly GatewayProcess[] _running;
    private readonly Lock _lock = new();

    private Gateways(IReadOnlyDictionary<string, string> settings, int count) =>
        (_settings, _running) = (settings, [.. Enumerable.Range(0, count).Select(_ => GatewayProcess.Start(settings))]);

    public int Count => _running.Length;

    public string Logs => string.Join("\n\n", _running.Select((gateway, index) => $"gateway {index}:\n{gateway.Log}"));

    /// <summary>Starts them at the same time, and waits for all.</summary>
    public static async Task<Gateways> StartAsync(IReadOnlyDictionary<string, string> settings, int count, CancellationToken cancellationToken)
    {
        var gateways = new Gateways(settings, count);
        await Task.WhenAll(gateways._running.Select(gateway => gateway.ReadyAsync(cancellationToken)));
        return gateways;
    }

    /// <summary>Where one can be reached, or could until it was killed a moment ago.</summary>
    public Uri Address(int index)
    {
        lock (_lock)
        {
            return _running[index].Address;
        }
    }

    /// <summary>kill -9, and a new process in its place, which is not waited for.</summary>
    public async Task KillAsync(int index)
    {
        var old = _running[index];
        // One that ended by itself, other than for want of its port (somebody may have taken it since it was found free), is a fault of its own.
        Assert.True(!old.HasExited || old.Log.Contains("address already in use", StringComparison.OrdinalIgnoreCase), $"a gateway has ended by itself:\n{old.Log}");
        await old.DisposeAsync();
        lock (_lock)
        {
            _running[index] = GatewayProcess.Start(_settings);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _running)
        {
            await gateway.DisposeAsync();
        }
    }
}
