namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>The servers and clients of the interop tests, each started once, when the first test asks for it.</summary>
public sealed class InteropPeers : IAsyncLifetime
{
    private readonly Lazy<Task<InteropHost>> _host = new(() => InteropHost.StartAsync());
    private readonly Lazy<Task<(PeerProcess Process, int Port)>> _nodeServer;
    private readonly Lazy<Task<IReadOnlyDictionary<string, string?>>> _nodeClient;
    private readonly Lazy<Task<IReadOnlyDictionary<string, string?>>> _pythonClient;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(5));

    public InteropPeers()
    {
        _nodeServer = new(() => NodePeers.StartServerAsync(_patience.Token));
        _nodeClient = new(async () => await NodePeers.RunClientAsync(
            (await _host.Value).Port, InteropCases.Of(InteropCases.GrpcJsToOurs), _patience.Token));
        _pythonClient = new(async () => await PythonPeer.RunClientAsync(
            (await _host.Value).Port, InteropCases.Of(InteropCases.GrpcioToOurs), _patience.Token));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs a case, or looks its result up where one run of a program does all cases.</summary>
    public async Task RunAsync(string pairing, string name)
    {
        switch (pairing)
        {
            case InteropCases.OursToOurs:
                await RunOurClientAsync((await _host.Value).Port, name);
                break;
            case InteropCases.OursToGrpcJs:
                await RunOurClientAsync((await _nodeServer.Value).Port, name);
                break;
            case InteropCases.GrpcJsToOurs:
                AssertPassed(await _nodeClient.Value, name);
                break;
            case InteropCases.GrpcioToOurs:
                AssertPassed(await _pythonClient.Value, name);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(pairing), pairing, null);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_nodeServer.IsValueCreated && _nodeServer.Value.IsCompletedSuccessfully)
        {
            _nodeServer.Value.Result.Process.Dispose();
        }

        if (_host.IsValueCreated && _host.Value.IsCompletedSuccessfully)
        {
            await _host.Value.Result.DisposeAsync();
        }

        _patience.Dispose();
    }

    private static async Task RunOurClientAsync(int port, string name)
    {
        using var client = new InteropClient(port);
        await client.RunAsync(name).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static void AssertPassed(IReadOnlyDictionary<string, string?> results, string name)
    {
        Assert.True(results.TryGetValue(name, out var error), $"The client program did not report on {name}.");
        Assert.True(error is null, error);
    }
}
