using System.Globalization;
using System.Text.Json;
using Npgsql;
using QwenMesh.Testing;
using QwenMesh.Testing.Postgres;

namespace QwenMesh.Mesh.Tests.Upgrades;

/// <summary>Every process is replaced in the order of docs/operations.md while pictures are drawn: no call fails, every job ends once, the pictures are the same.</summary>
public sealed class RollingUpgradeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 900_000)]
    public async Task Nobody_notices_that_every_process_is_replaced()
    {
        var server = await PostgresServer.RequireAsync(TestContext.Current.CancellationToken);
        var connection = server.ConnectionString(await server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        await using var mesh = new RollingMesh(new Dictionary<string, string>
        {
            ["Jobs__ConnectionString"] = connection,
            ["Files__Folder"] = _folder.Path,
            ["Gateway__PreStopSeconds"] = "6", // Those who look see in time that a Gateway is not ready any more, on a busy machine too.
            ["Stages__HealthIntervalSeconds"] = "0.5",
            ["Logging__LogLevel__Default"] = "Warning",
        });
        await mesh.StartAsync();
        await using var ready = new ReadyGateways(() => mesh.Gateways);
        using var load = new SteadyLoad(ready);
        var running = load.RunAsync();
        Func<Task>[] order =
        [
            () => mesh.ReplaceStageAsync("Encoder"), () => mesh.ReplaceStageAsync("Denoiser"), () => mesh.ReplaceStageAsync("Vae"), mesh.ReplaceGatewaysAsync,
        ];
        foreach (var replaceAsync in order)
        {
            await WhileAsync(running, load.AnsweredAsync(2));
            await WhileAsync(running, replaceAsync());
        }
        await WhileAsync(running, load.AnsweredAsync(2));
        load.End();
        await running;

        Assert.Equal(SteadyLoad.AllSeeds, load.Pictures.Select(picture => picture.Seed).Order());
        Assert.True(load.Jobs.Count > 0);
        var ends = await EndsAsync(connection);
        Assert.Equal(load.Answered + load.Jobs.Count, ends.Count);
        Assert.All(ends, job => Assert.Equal(["succeeded"], job.Value));
        Assert.All(load.Jobs.Keys, id => Assert.Contains(id, ends.Keys));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{load.Answered} calls, {load.Jobs.Count} submissions"));
    }

    public void Dispose() => _folder.Dispose();

    // The load ends before the step does only when a call has failed, which is told here.
    private static async Task WhileAsync(Task load, Task step) => await await Task.WhenAny(load, step);

    // How each job has ended, each time.
    private static async Task<Dictionary<string, string[]>> EndsAsync(string connection)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        await using var read = database.CreateCommand("SELECT id, array_agg(data) FROM jobs LEFT JOIN job_events ON job_id = id GROUP BY id");
        await using var reader = await read.ExecuteReaderAsync(Cancellation);
        var ends = new Dictionary<string, string[]>(StringComparer.Ordinal);
        while (await reader.ReadAsync(Cancellation))
        {
            var events = reader.GetFieldValue<string[]>(1).Select(data => JsonSerializer.Deserialize<JsonElement>(data));
            ends.Add(reader.GetString(0), [.. events.Where(happened => happened.GetProperty("kind").GetString() == "ended")
                .Select(end => end.GetProperty("state").GetString()!.ToLowerInvariant())]);
        }
        return ends;
    }
}
