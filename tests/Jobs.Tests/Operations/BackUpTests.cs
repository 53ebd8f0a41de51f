using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using QwenMesh.Testing;
using QwenMesh.Testing.Clients;
using QwenMesh.Testing.Postgres;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests.Operations;

/// <summary>What the commands of docs/operations.md have saved while a Gateway ran is all there after they have restored it.</summary>
[Collection(nameof(Gateways))]
public sealed partial class BackUpTests : IDisposable
{
    private const string Key = "qm-of-this-test";

    // Of a job that is held while the back-up is made, and of the others.
    private const int Held = 5, Free = 2;

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public BackUpTests() => _limit.CancelAfter(TimeSpan.FromMinutes(10)); // npm packages may have to be installed within it.

    [Fact]
    public async Task Jobs_in_PostgreSQL_and_their_files_are_restored()
    {
        var server = await PostgresServer.RequireAsync(_limit.Token);
        var database = await server.CreateDatabaseAsync(_limit.Token);
        var connection = server.ConnectionString(database);
        var files = _folder.File("files");
        await RestoreAsync(
            DocumentCommands.Read("### PostgreSQL"),
            new() { ["FILES"] = files, ["PGHOST"] = new NpgsqlConnectionStringBuilder(connection).Host!, ["PGUSER"] = "postgres", ["PGDATABASE"] = database },
            new() { ["Jobs__ConnectionString"] = connection, ["Files__Folder"] = files },
            async _ =>
            {
                await server.DropDatabaseAsync(database, _limit.Token);
                Directory.Delete(files, recursive: true);
            });
    }

    [Fact]
    public async Task Jobs_in_SQLite_and_their_files_are_restored()
    {
        Require("sqlite3");
        var (jobs, files) = (_folder.File("jobs"), _folder.File("files"));
        await RestoreAsync(
            DocumentCommands.Read("### SQLite"),
            new() { ["FILES"] = files, ["JOBS"] = jobs },
            new() { ["Jobs__Folder"] = jobs, ["Files__Folder"] = files },
            _ =>
            {
                DamageDatabase(jobs);
                Directory.Delete(files, recursive: true);
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task Jobs_in_SQLite_and_their_files_in_a_bucket_are_restored()
    {
        Require("sqlite3");
        Require("s3cmd");
        await using var bucket = await S3Server.StartAsync(_limit.Token);
        await using var another = await S3Server.StartAsync(_limit.Token);
        var (jobs, files) = (_folder.File("jobs"), DocumentCommands.Read("### Files in a bucket"));
        var blocks = DocumentCommands.Read("### SQLite").Zip(files, (all, own) => Tar().Replace(all, own.Replace("$", "$$", StringComparison.Ordinal))).ToArray();
        Assert.All(blocks, block => Assert.Contains("s3cmd", block, StringComparison.Ordinal));
        await RestoreAsync(
            blocks,
            new() { ["FILES"] = _folder.File("unused"), ["JOBS"] = jobs, ["BUCKET"] = "files", ["S3CMD_CONFIG"] = Configuration(bucket) },
            new()
            {
                ["Jobs__Folder"] = jobs,
                ["Files__Bucket"] = "files",
                ["Files__Endpoint"] = bucket.Endpoint,
                ["Files__AccessKey"] = "S3RVER",
                ["Files__SecretKey"] = "S3RVER",
            },
            settings =>
            {
                DamageDatabase(jobs);
                Configuration(another);
                settings["Files__Endpoint"] = another.Endpoint;
                return Task.CompletedTask;
            });
    }

    public void Dispose()
    {
        _limit.Dispose();
        _folder.Dispose();
    }

    private async Task RestoreAsync(
        string[] blocks, Dictionary<string, string> variables, Dictionary<string, string> settings, Func<Dictionary<string, string>, Task> disaster)
    {
        Assert.Equal(2, blocks.Length);
        variables["BACKUP"] = _folder.File("backup");
        variables["KEYS"] = settings["Access__KeyFile"] = _folder.Write("keys.json", KeyFile());
        await using var stages = await InstantStages.StartAsync();
        foreach (var (name, value) in stages.Settings)
        {
            settings[name] = value;
        }
        (settings["Jobs__LeaseSeconds"], settings["Jobs__PollSeconds"], settings["Gateway__MaxConcurrentGenerations"]) = ("1", "0.2", "1");
        stages.Held.Hold(Held);

        string ended, running, queued, picture;
        byte[] drawn;
        await using (var gateway = GatewayProcess.Start(settings))
        {
            await gateway.ReadyAsync(_limit.Token);
            using var client = new QueueClient(gateway, Key, _limit.Token);
            ended = await client.SubmitAsync(Free);
            picture = await client.EndAsync(ended);
            drawn = await client.FetchAsync(picture);
            running = await client.SubmitAsync(Held);
            await stages.Held.ArrivedAsync(Held, 1, _limit.Token);
            queued = await client.SubmitAsync(Free);
            await DocumentCommands.RunAsync(blocks[0], variables, _limit.Token);
            Assert.Equal(["IN_PROGRESS", "IN_QUEUE"], [await client.StatusAsync(running), await client.StatusAsync(queued)]);
            // Of what comes after it nothing is kept.
            await client.SubmitAsync(Free);
        }
        await disaster(settings);
        File.Delete(variables["KEYS"]);
        stages.Held.Release(Held);

        await DocumentCommands.RunAsync(blocks[1], variables, _limit.Token);
        await using var restored = GatewayProcess.Start(settings);
        await restored.ReadyAsync(_limit.Token);
        using var again = new QueueClient(restored, Key, _limit.Token);
        // The address that the client was given before, the one that it is given now, and the file behind both.
        Assert.Equal(drawn, await again.FetchAsync(picture));
        Assert.Equal(drawn, await again.FetchAsync(await again.EndAsync(ended)));
        // Same request, same picture.
        Assert.Equal(drawn, await again.FetchAsync(await again.EndAsync(queued)));
        Assert.NotEmpty(await again.FetchAsync(await again.EndAsync(running)));
        using var stranger = new QueueClient(restored, "qm-another", _limit.Token);
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.StatusAsync(ended));
    }

    private static string KeyFile() =>
        string.Create(CultureInfo.InvariantCulture, $$"""[{"Id":"studio","Sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}}"}]""");

    // What was last written is still beside it.
    private void DamageDatabase(string jobs)
    {
        Assert.True(new FileInfo(Path.Combine(jobs, "jobs.db-wal")).Length > 0);
        _folder.Write("jobs/jobs.db", "damaged");
    }

    // Of s3cmd.
    private string Configuration(S3Server server)
    {
        var host = new Uri(server.Endpoint).Authority;
        return _folder.Write("s3cfg", $"[default]\naccess_key = S3RVER\nsecret_key = S3RVER\nhost_base = {host}\nhost_bucket = {host}\nuse_https = False\n");
    }

    private static void Require(string program)
    {
        using var which = Process.Start("bash", ["-c", $"command -v {program} >/dev/null"]);
        which.WaitForExit();
        Assert.SkipUnless(which.ExitCode == 0, $"needs the program {program} (Debian: apt-get install {program})");
    }

    [GeneratedRegex("^tar .*\n", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tar();
}
