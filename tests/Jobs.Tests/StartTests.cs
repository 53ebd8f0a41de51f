using System.Globalization;
using System.Text.Json;
using QwenMesh.Testing;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests;

/// <summary>Gateways that start at once where no tables are.</summary>
[Collection(nameof(Gateways))] // One at a time: each has several Gateways.
public sealed class StartTests
{
    private const int Count = 4;
    private const int Jobs = 40;
    private const int Seed = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task They_make_the_tables_of_PostgreSQL_once()
    {
        using var limit = Bound();
        await using var cluster = await Cluster.StartAsync(new Dictionary<string, string>(), limit.Token);
        await using var gateways = await cluster.StartGatewaysAsync(Count, new Dictionary<string, string>(), limit.Token);
        await WorkAsync(gateways, limit.Token);
    }

    [Fact]
    public async Task They_make_the_tables_of_a_SQLite_file_once()
    {
        using var limit = Bound();
        using var folder = new TemporaryFolder();
        await using var stages = await InstantStages.StartAsync();
        var settings = new Dictionary<string, string>(stages.Settings)
        {
            ["Jobs__Folder"] = folder.File("jobs"),
            ["Jobs__PollSeconds"] = "0.2",
            ["Logging__LogLevel__Default"] = "Warning",
        };
        await using var gateways = await Gateways.StartAsync(settings, Count, limit.Token);
        await WorkAsync(gateways, limit.Token);
    }

    private static CancellationTokenSource Bound()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return limit;
    }

    // What is submitted at any of them is known at all of them, and ends; and nothing went wrong on the way that they would tell of.
    private static async Task WorkAsync(Gateways gateways, CancellationToken cancellationToken)
    {
        using var clients = new Submitters(gateways, Seed);
        await clients.RunAsync(Jobs, clients: 4, (_, _) => Task.CompletedTask, cancellationToken);
        Assert.Equal(0, clients.Retries);
        Assert.Equal(Jobs, clients.Accepted.Values.Distinct().Count());
        using var http = new HttpClient();
        foreach (var (id, index) in clients.Accepted.Values.Select((id, index) => (id, index)))
        {
            var address = new Uri(gateways.Http(index % Count)!, string.Create(CultureInfo.InvariantCulture, $"/queue/fal-ai/qwen-image/requests/{id}/status"));
            await Eventually.TrueAsync(async () =>
            {
                using var status = JsonDocument.Parse(await http.GetStringAsync(address, cancellationToken));
                return status.RootElement.GetProperty("status").GetString() == "COMPLETED";
            }, $"{address} is completed");
        }
        Assert.DoesNotContain("\"LogLevel\":\"Error\"", gateways.Logs, StringComparison.Ordinal);
    }
}
