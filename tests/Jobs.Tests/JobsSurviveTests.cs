using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using QwenMesh.Testing;
using QwenMesh.Testing.Postgres;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests;

/// <summary>Jobs that were accepted end, whatever dies.</summary>
public sealed class JobsSurviveTests
{
    private const int Jobs = 10_000;
    private const int Clients = 24;
    private const int Seed = 20261127;

    // Many times what it takes; a job that is stuck ends the test here.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Ten_thousand_jobs_end_exactly_once_while_gateways_and_connections_die()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        var server = await PostgresServer.RequireAsync(limit.Token);
        var name = await server.CreateDatabaseAsync(limit.Token);
        using var files = new TemporaryFolder();
        await using var database = NpgsqlDataSource.Create(server.ConnectionString(name) + ";Application Name=test");
        await using var stages = await InstantStages.StartAsync();
        await using var gateways = await Gateways.StartAsync(Settings(stages, server.ConnectionString(name), files.Path), count: 3, limit.Token);
        using var clients = new Submitters(gateways, Seed);
        var jobs = new StoredJobs(database);
        var chaos = new Chaos(gateways, database, Seed);
        var clock = Stopwatch.StartNew();

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var dying = chaos.RunAsync(quiet.Token);
        await clients.RunAsync(Jobs, Clients, limit.Token);
        var accepted = clock.Elapsed;
        await AllEndedAsync(jobs, dying, gateways, limit.Token);
        var ended = clock.Elapsed;
        await quiet.CancelAsync();
        await dying;

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Jobs} jobs, {chaos.Kills} kills, {chaos.Cuts} cuts, {clients.Retries} repeated submissions; accepted in {accepted.TotalSeconds:F0} s, ended in {ended.TotalSeconds:F0} s ({Jobs / ended.TotalSeconds:F0} jobs/s)"));
        Assert.True(chaos.Kills > 0 && chaos.Cuts > 0, "nothing died");
        Assert.Equal(Jobs, clients.Accepted.Count);
        var stored = await jobs.ReadAsync(limit.Token);
        // None is lost, and no repeated submission is a second job.
        Assert.Equal(clients.Accepted.Values.Order(StringComparer.Ordinal), stored.Select(job => job.Id).Order(StringComparer.Ordinal));
        Assert.All(stored, job => Check(job, files.Path));
    }

    private static void Check(StoredJob job, string files)
    {
        Assert.True(job.State == StoredJob.Succeeded, $"{job.Id} has not succeeded: {job.Fault}");
        Assert.Equal(Enumerable.Range(1, job.Numbers.Length).Select(number => (long)number), job.Numbers);
        string[] kinds = [.. job.Kinds];
        Assert.Equal(("queued", "ended"), (kinds[0], kinds[^1]));
        Assert.Equal((1, 1), (kinds.Count(kind => kind == "queued"), kinds.Count(kind => kind == "ended")));
        // One start more than the times that it went back into the queue.
        Assert.Equal(kinds.Count(kind => kind == "retried") + 1, kinds.Count(kind => kind == "started"));
        // Of the last attempt, and the one that the result names.
        var last = kinds[Array.LastIndexOf(kinds, "started")..];
        Assert.Equal(["accepted", "picture"], last.Where(kind => kind is "accepted" or "picture"));
        using var result = JsonDocument.Parse(job.Result!);
        var picture = Assert.Single(result.RootElement.GetProperty("pictures").EnumerateArray());
        var file = new FileInfo(Path.Combine(files, "jobs", job.Id, "result", $"{picture.GetProperty("fence").GetInt64()}-{picture.GetProperty("number").GetInt32()}"));
        Assert.True(file.Exists, $"{file.FullName} is not there");
        Assert.True(file.Length >= picture.GetProperty("bytes").GetInt64(), $"{file.FullName} is cut off");
    }

    private static async Task AllEndedAsync(StoredJobs jobs, Task dying, Gateways gateways, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (dying.IsFaulted)
            {
                await dying;
            }
            try
            {
                var (all, unfinished) = await jobs.CountAsync(cancellationToken);
                if (unfinished == 0)
                {
                    return;
                }
                await Task.Delay(500, cancellationToken);
            }
            catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                Assert.Fail($"jobs do not end: {await jobs.CountAsync(TestContext.Current.CancellationToken)}\n{gateways.Logs}");
            }
        }
    }

    private static Dictionary<string, string> Settings(InstantStages stages, string database, string files) => new(stages.Settings)
    {
        ["Jobs__ConnectionString"] = database + ";Maximum Pool Size=40",
        ["Jobs__Folder"] = files,
        ["Files__Folder"] = files,
        ["Jobs__LeaseSeconds"] = "2",
        ["Jobs__PollSeconds"] = "0.5",
        // However often the Gateways that hold a job die, none may give it up.
        ["Jobs__MaxLosses"] = "1000",
        ["Logging__LogLevel__Default"] = "Warning",
    };
}
