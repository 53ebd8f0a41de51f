using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using QwenMesh.Testing;
using QwenMesh.Testing.Postgres;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Jobs.Tests.Operations;

/// <summary>What the commands of docs/operations.md have saved while a Gateway ran is all there after they have restored it.</summary>
[Collection(nameof(Gateways))]
public sealed class BackUpTests : IDisposable
{
    private const string Key = "qm-of-this-test";

    // Of a job that is held while the back-up is made, and of the others.
    private const int Held = 5, Free = 2;

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public BackUpTests() => _limit.CancelAfter(TimeSpan.FromMinutes(3));

    [Fact]
    public async Task Jobs_in_PostgreSQL_and_their_files_are_restored()
    {
        var server = await PostgresServer.RequireAsync(_limit.Token);
        var database = await server.CreateDatabaseAsync(_limit.Token);
        var connection = server.ConnectionString(database);
        await RestoreAsync(
            "### PostgreSQL",
            new() { ["PGHOST"] = new NpgsqlConnectionStringBuilder(connection).Host!, ["PGUSER"] = "postgres", ["PGDATABASE"] = database },
            new() { ["Jobs__ConnectionString"] = connection, ["Files__Folder"] = _folder.File("files") },
            () => server.DropDatabaseAsync(database, _limit.Token));
    }

    [Fact]
    public async Task Jobs_in_SQLite_and_their_files_are_restored()
    {
        Assert.SkipUnless(IsInstalled("sqlite3"), "needs the program sqlite3 (Debian: apt-get install sqlite3)");
        var jobs = _folder.File("jobs");
        await RestoreAsync(
            "### SQLite",
            new() { ["JOBS"] = jobs },
            new() { ["Jobs__Folder"] = jobs, ["Files__Folder"] = _folder.File("files") },
            () =>
            {
                // The file is damaged, and what was last written is still beside it.
                Assert.True(new FileInfo(Path.Combine(jobs, "jobs.db-wal")).Length > 0);
                _folder.Write("jobs/jobs.db", "damaged");
                return Task.CompletedTask;
            });
    }

    public void Dispose()
    {
        _limit.Dispose();
        _folder.Dispose();
    }

    private async Task RestoreAsync(string section, Dictionary<string, string> variables, Dictionary<string, string> settings, Func<Task> disaster)
    {
        var blocks = DocumentCommands.Read(section);
        Assert.Equal(2, blocks.Length);
        variables["BACKUP"] = _folder.File("backup");
        variables["FILES"] = settings["Files__Folder"];
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
        await disaster();
        Directory.Delete(variables["FILES"], recursive: true);
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

    private static bool IsInstalled(string program)
    {
        using var which = Process.Start("bash", ["-c", $"command -v {program} >/dev/null"]);
        which.WaitForExit();
        return which.ExitCode == 0;
    }
}
