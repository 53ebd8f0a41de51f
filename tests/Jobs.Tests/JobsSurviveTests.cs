using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using QwenMesh.Testing.Clients;

namespace QwenMesh.Jobs.Tests;

/// <summary>Jobs that were accepted end, whatever dies.</summary>
[Collection(nameof(Gateways))] // One at a time: each has several Gateways.
public sealed class JobsSurviveTests
{
    private const int Clients = 24;
    private const int Seed = 20261127;

    // Many times what it takes, which is four minutes on two busy cores; a job that is stuck ends the test here.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    [Fact]
    public async Task Ten_thousand_jobs_end_exactly_once_while_gateways_and_connections_die()
    {
        using var limit = Bound();
        await using var cluster = await Cluster.StartAsync(new Dictionary<string, string>(), limit.Token);
        await SurviveAsync(cluster, 10_000, gap: 160, async key => File.Exists(cluster.Folder.File(key)) ? await File.ReadAllBytesAsync(cluster.Folder.File(key), limit.Token) : null, limit.Token);
    }

    [Fact]
    public async Task Jobs_with_their_files_in_S3_end_exactly_once_too()
    {
        using var limit = Bound();
        await using var service = await S3Server.StartAsync(limit.Token);
        await using var cluster = await Cluster.StartAsync(new Dictionary<string, string>
        {
            ["Files__Bucket"] = "files",
            ["Files__Endpoint"] = service.Endpoint,
            ["Files__AccessKey"] = "S3RVER",
            ["Files__SecretKey"] = "S3RVER",
        }, limit.Token);
        using var bucket = new AmazonS3Client(
            new BasicAWSCredentials("S3RVER", "S3RVER"), new AmazonS3Config { ServiceURL = service.Endpoint, ForcePathStyle = true, UseHttp = true });
        await SurviveAsync(cluster, 300, gap: 20, ReadAsync, limit.Token);
        // They were there and nowhere else.
        Assert.False(Directory.Exists(cluster.Folder.File("jobs")));

        async Task<byte[]?> ReadAsync(string key)
        {
            using var file = await bucket.GetObjectAsync("files", key, limit.Token);
            using var bytes = new MemoryStream();
            await file.ResponseStream.CopyToAsync(bytes, limit.Token);
            return bytes.ToArray();
        }
    }

    private static CancellationTokenSource Bound()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return limit;
    }

    private static async Task SurviveAsync(Cluster cluster, int count, int gap, Func<string, Task<byte[]?>> read, CancellationToken limit)
    {
        await using var gateways = await cluster.StartGatewaysAsync(3, new Dictionary<string, string>(), limit);
        using var clients = new Submitters(gateways, Seed);
        var jobs = new StoredJobs(cluster.Database);
        var chaos = new Chaos(gateways, jobs, Seed, gap);
        var clock = Stopwatch.StartNew();

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(limit);
        var dying = chaos.RunAsync(quiet.Token);
        var submitting = clients.RunAsync(count, Clients, chaos.LetComeAsync, limit);
        await await Task.WhenAny(submitting, dying); // The other way round only when it has failed.
        await submitting;
        var accepted = clock.Elapsed;
        await AllEndedAsync(jobs, dying, gateways, limit);
        var ended = clock.Elapsed;
        await quiet.CancelAsync();
        await dying;

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} jobs, {chaos.Kills} kills, {chaos.Cuts} cuts, {chaos.Crashes} crashes of the server, {clients.Retries} repeated submissions; accepted in {accepted.TotalSeconds:F0} s, ended in {ended.TotalSeconds:F0} s ({count / ended.TotalSeconds:F0} jobs/s)"));
        Assert.True(chaos.Kills > 1 && chaos.Cuts > 1 && chaos.Crashes > 0, "little has died");
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
