using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests;

/// <summary>Several Gateways with one database, which a test kills and starts again.</summary>
internal sealed class Gateways : IAsyncDisposable
{
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly Slot[] _slots;
    private readonly Lock _lock = new();

    private Gateways(IReadOnlyDictionary<string, string> settings, int count) =>
        (_settings, _slots) = (settings, [.. Enumerable.Range(0, count).Select(_ => Start(settings))]);

    public int Count => _slots.Length;

    public string Logs => string.Join("\n\n", _slots.Select((slot, index) => $"gateway {index}:\n{slot.Gateway.Log}"));

    /// <summary>Starts them at the same time, and waits for all.</summary>
    public static async Task<Gateways> StartAsync(IReadOnlyDictionary<string, string> settings, int count, CancellationToken cancellationToken)
    {
        var gateways = new Gateways(settings, count);
        try
        {
            await Task.WhenAll(gateways._slots.Select(slot => slot.Ready)).WaitAsync(cancellationToken);
            return gateways;
        }
        catch
        {
            await gateways.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where one can be reached, or could until it was killed a moment ago; null while it starts.</summary>
    public Uri? Http(int index) => At(index).Gateway.Http;

    /// <inheritdoc cref="Http"/>
    public Uri? Grpc(int index) => At(index).Gateway.Grpc;

    /// <summary>kill -9.</summary>
    public async Task KillAsync(int index)
    {
        var (gateway, ready) = At(index);
        // One that has ended by itself is a fault of its own.
        Assert.False(ready.IsFaulted || gateway.HasExited, $"a gateway has ended by itself:\n{gateway.Log}");
        await gateway.DisposeAsync();
    }

    /// <summary>A new process in the place of one that was killed, which is not waited for.</summary>
    public void Restart(int index)
    {
        var slot = Start(_settings);
        lock (_lock)
        {
            _slots[index] = slot;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (gateway, ready) in _slots)
        {
            await gateway.DisposeAsync();
            await ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Slot At(int index)
    {
        lock (_lock)
        {
            return _slots[index];
        }
    }

    private static Slot Start(IReadOnlyDictionary<string, string> settings)
    {
        var gateway = GatewayProcess.Start(settings);
        return new Slot(gateway, gateway.ReadyAsync(CancellationToken.None));
    }

    private sealed record Slot(GatewayProcess Gateway, Task Ready);
}
