using System.Diagnostics.Metrics;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway;

/// <summary>Replicas of every pool as this Gateway sees them; docs/telemetry.md lists the instrument.</summary>
internal sealed class PoolInstrumentation(IMeterFactory meters, IProxyStateLookup clusters) : IHostedService, IDisposable
{
    private readonly Meter _meter = meters.Create(GatewayInstrumentation.Name);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge("qwenmesh.gateway.pool.replicas", Observe, "{replica}", "Replicas of a pool.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    // A pool of none has its zeros, too: else nothing would tell that it is empty.
    private IEnumerable<Measurement<int>> Observe() => clusters.GetClusters().SelectMany(cluster =>
    {
        var all = cluster.DestinationsState.AllDestinations;
        var serving = all.Count(replica => replica.Health is { Active: DestinationHealth.Healthy, Passive: not DestinationHealth.Unhealthy });
        return new[] { Measure(cluster.ClusterId, "serving", serving), Measure(cluster.ClusterId, "out", all.Count - serving) };
    });

    private static Measurement<int> Measure(string pool, string state, int count) => new(
        count,
        new KeyValuePair<string, object?>("pool", pool),
        new KeyValuePair<string, object?>("stage", pool[(pool.LastIndexOf('/') + 1)..]),
        new KeyValuePair<string, object?>("state", state));
}
