using System.Diagnostics;
using System.Globalization;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Jobs.Tests;

/// <summary>Jobs that were accepted end, whatever dies.</summary>
public sealed class JobsSurviveTests
{
    private const int Clients = 24;
    private const int Seed = 20261127;

    // Many times what it takes; a job that is stuck ends the test here.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Ten_thousand_jobs_end_exactly_once_while_gateways_and_connections_die()
    {
        using var limit = Bound();
        await using var cluster = await Cluster.StartAsync(new Dictionary<string, string>(), limit.Token);
        await SurviveAsync(cluster, 10_000, async key => await File.ReadAllBytesAsync(cluster.Folder.File(key), limit.Token), limit.Token);
    }

    private static CancellationTokenSource Bound()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return limit;
    }

    private static async Task SurviveAsync(Cluster cluster, int count, Func<string, Task<byte[]?>> read, CancellationToken limit)
    {
        await using var gateways = await cluster.StartGatewaysAsync(3, new Dictionary<string, string>(), limit);
        using var clients = new Submitters(gateways, Seed);
        var jobs = new StoredJobs(cluster.Database);
        var chaos = new Chaos(gateways, jobs, Seed);
        var clock = Stopwatch.StartNew();

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(limit);
        var dying = chaos.RunAsync(quiet.Token);
        await clients.RunAsync(count, Clients, limit);
        var accepted = clock.Elapsed;
        await AllEndedAsync(jobs, dying, gateways, limit);
        var ended = clock.Elapsed;
        await quiet.CancelAsync();
        await dying;

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} jobs, {chaos.Kills} kills, {chaos.Cuts} cuts, {chaos.Crashes} crashes of the server, {clients.Retries} repeated submissions; accepted in {accepted.TotalSeconds:F0} s, ended in {ended.TotalSeconds:F0} s ({count / ended.TotalSeconds:F0} jobs/s)"));
        Assert.True(chaos.Kills > 0 && chaos.Cuts > 0, "nothing died");
        Assert.Equal(count, clients.Accepted.Count);
        var stored = await jobs.ReadAsync(limit);
        // None is lost, and no repeated submission is a second job.
        Assert.Equal(clients.Accepted.Values.Order(StringComparer.Ordinal), stored.Select(job => job.Id).Order(StringComparer.Ordinal));
        foreach (var job in stored)
        {
            var (key, bytes) = JobChecks.Check(job);
            JobChecks.Check(key, bytes, await read(key));
        }
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
                var (_, unfinished) = await jobs.CountAsync(cancellationToken);
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
}
