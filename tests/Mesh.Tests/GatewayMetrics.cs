using QwenMesh.Mesh.Tests.Telemetry;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>What a Gateway's own metrics tell.</summary>
internal static class GatewayMetrics
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The samples of a name that are meant, added up.</summary>
    public static async Task<double> SumAsync(ServiceProcess gateway, string sample, Func<IReadOnlyDictionary<string, string>, bool> isMeant)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var text = await client.GetStringAsync(new Uri($"http://127.0.0.1:{gateway.HttpPort}/metrics"), Token);
        return PrometheusScrape.Parse(text).SelectMany(family => family.Samples).Where(one => one.Name == sample && isMeant(one.Labels)).Sum(one => one.Value);
    }

    /// <summary>Replicas of a stage in a state: serving, out.</summary>
    public static Task<double> ReplicasAsync(ServiceProcess gateway, string stage, string state) =>
        SumAsync(gateway, "qwenmesh_gateway_pool_replicas", labels => labels["stage"] == stage && labels["state"] == state);

    /// <summary>Waits until the Gateway calls so many replicas of a stage: ready it is with one of each.</summary>
    public static Task ServingAsync(ServiceProcess gateway, string stage, int replicas) =>
        Eventually.TrueAsync(async () => await ReplicasAsync(gateway, stage, "serving") == replicas, $"the Gateway calls {replicas} replicas of the {stage}");
}
