using QwenMesh.Testing;
using QwenMesh.Testing.Postgres;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>What alerts are made of is measured when it happens: the rules' own tests take the series for granted.</summary>
public sealed class TroubleTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pool_that_loses_its_last_replica_has_none_that_serves()
    {
        await using var vae = ServiceProcess.StartStage("Vae", Repository.NanoModel);
        // This is about one pool; that the others are of the wrong kind does not matter.
        await using var gateway = ServiceProcess.StartGateway([vae], [vae], [vae]);
        await vae.ReadyAsync("/health/ready", Token);
        await gateway.ReadyAsync("/health/ready", Token);
        await GatewayMetrics.ServingAsync(gateway, "vae", 1);
        Assert.Equal(0, await GatewayMetrics.ReplicasAsync(gateway, "vae", "out"));
        vae.Kill();
        await GatewayMetrics.ServingAsync(gateway, "vae", 0);
        Assert.Equal(1, await GatewayMetrics.ReplicasAsync(gateway, "vae", "out"));
    }

    [Fact]
    public async Task Transactions_with_a_store_that_is_gone_are_counted_as_failed()
    {
        var server = await PostgresServer.RequireAsync(Token);
        var database = await server.CreateDatabaseAsync(Token);
        await using var vae = ServiceProcess.StartStage("Vae", Repository.NanoModel);
        await using var gateway = ServiceProcess.StartGateway([vae], [vae], [vae], new Dictionary<string, string> { ["Jobs__ConnectionString"] = server.ConnectionString(database) });
        await gateway.ReadyAsync("/health/ready", Token);
        await Eventually.TrueAsync(async () => await TransactionsAsync(gateway, "done") > 0, "it has looked for jobs");
        Assert.Equal(0, await TransactionsAsync(gateway, "failed"));
        await server.DropDatabaseAsync(database, Token);
        await Eventually.TrueAsync(async () => await TransactionsAsync(gateway, "failed") > 2, "transactions fail");
    }

    private static Task<double> TransactionsAsync(ServiceProcess gateway, string outcome) => GatewayMetrics.SumAsync(
        gateway, "qwenmesh_gateway_store_duration_seconds_count", labels => labels["outcome"] == outcome);
}
