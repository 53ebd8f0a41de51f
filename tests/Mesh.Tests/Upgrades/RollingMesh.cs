using System.Globalization;
using QwenMesh.Mesh.Tests.Telemetry;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Upgrades;

/// <summary>Two replicas of every stage and two Gateways on one database, each of which can be replaced by a new process.</summary>
internal sealed class RollingMesh(IReadOnlyDictionary<string, string> database) : IAsyncDisposable
{
    private const int Replicas = 2;

    private readonly Dictionary<string, ServiceProcess[]> _pools = [];
    private readonly ServiceProcess?[] _gateways = new ServiceProcess?[Replicas];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Those that have been started and not replaced.</summary>
    public IEnumerable<ServiceProcess> Gateways => _gateways.OfType<ServiceProcess>();

    public string Logs => string.Join("\n\n", Gateways.Select(gateway => gateway.Log));

    public async Task StartAsync()
    {
        foreach (var stage in new[] { "Encoder", "Denoiser", "Vae" })
        {
            _pools[stage] = [.. Enumerable.Range(0, Replicas).Select(_ => ServiceProcess.StartStage(stage, Repository.NanoModel))];
        }
        for (var index = 0; index < Replicas; index++)
        {
            _gateways[index] = StartGateway();
        }
        foreach (var gateway in Gateways)
        {
            await gateway.ReadyAsync("/v1/health/ready", Cancellation);
            await AllServeAsync(gateway);
        }
    }

    /// <summary>Every replica of a stage, one after the other: SIGTERM, its end, its successor, and every Gateway calls that one.</summary>
    public async Task ReplaceStageAsync(string stage)
    {
        for (var index = 0; index < Replicas; index++)
        {
            await using var before = _pools[stage][index];
            Assert.Equal(0, await before.StopAsync());
            _pools[stage][index] = ServiceProcess.StartStage(stage, Repository.NanoModel, before: before);
            await _pools[stage][index].ReadyAsync("/health/ready", Cancellation);
            foreach (var gateway in Gateways)
            {
                await AllServeAsync(gateway);
            }
        }
    }

    /// <summary>As <see cref="ReplaceStageAsync"/>; the successor has other ports, as a new pod has another address.</summary>
    public async Task ReplaceGatewaysAsync()
    {
        for (var index = 0; index < Replicas; index++)
        {
            await using var before = _gateways[index]!;
            Assert.Equal(0, await before.StopAsync());
            _gateways[index] = StartGateway();
            await _gateways[index]!.ReadyAsync("/health/ready", Cancellation);
            await AllServeAsync(_gateways[index]!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _pools.Values.SelectMany(pool => pool).Concat(Gateways))
        {
            await process.DisposeAsync();
        }
        _http.Dispose();
    }

    private ServiceProcess StartGateway() => ServiceProcess.StartGateway(_pools["Encoder"], _pools["Denoiser"], _pools["Vae"], database);

    // qwenmesh_gateway_pool_replicas{state="out"} is 0, as docs/operations.md says.
    private Task AllServeAsync(ServiceProcess gateway) => Eventually.TrueAsync(async () =>
    {
        var text = await _http.GetStringAsync($"http://127.0.0.1:{gateway.HttpPort}/metrics", Cancellation);
        var pools = PrometheusScrape.Parse(text).SingleOrDefault(family => family.Name == "qwenmesh_gateway_pool_replicas");
        return pools is not null && pools.Samples.All(sample => string.Create(CultureInfo.InvariantCulture, $"{sample.Value}") == (sample.Labels["state"] == "out" ? "0" : $"{Replicas}"));
    }, "the Gateway calls every replica");
}
