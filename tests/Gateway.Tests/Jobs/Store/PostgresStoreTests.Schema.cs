using Npgsql;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public sealed partial class PostgresStoreTests
{
    [Fact]
    public async Task A_database_that_is_not_there_is_named_without_the_password()
    {
        await using var store = TestStore.Create(new JobOptions { ConnectionString = _server.ConnectionString("no_such_database") + ";Password=secret" });
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(store.StartAsync);
        Assert.Contains("/no_such_database", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Jobs:ConnectionString", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_comes_up_late_is_waited_for()
    {
        using var folder = new TemporaryFolder();
        var parts = new NpgsqlConnectionStringBuilder(Options.ConnectionString);
        var server = parts.Host!;
        parts.Host = folder.File("server");
        await using var store = TestStore.Create(new JobOptions { ConnectionString = parts.ToString() });
        var start = Task.Run(store.StartAsync, Cancellation);
        await Eventually.TrueAsync(() => store.Log.Any(line => line.EndsWith(" 432", StringComparison.Ordinal)), "the first try has failed");
        Assert.False(start.IsCompleted);
        Directory.CreateSymbolicLink(parts.Host, server);
        await start.WaitAsync(Bound, Cancellation);
        Assert.NotNull(await store.AddAsync());
    }

    private protected override Task<string[]> SchemaAsync() => PostgresSchema.LinesAsync(this);
}
