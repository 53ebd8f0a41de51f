using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public sealed partial class SqliteStoreTests
{
    [Fact]
    public async Task Commits_are_synchronised_and_readers_do_not_wait()
    {
        Assert.Equal(["wal"], await LinesAsync("SELECT journal_mode AS Value FROM pragma_journal_mode"));
        Assert.Equal(["2"], await LinesAsync("SELECT CAST(synchronous AS TEXT) AS Value FROM pragma_synchronous"));
        Assert.Equal(["1"], await LinesAsync("SELECT CAST(foreign_keys AS TEXT) AS Value FROM pragma_foreign_keys"));
    }

    [Fact]
    public async Task A_start_that_was_killed_does_not_block_the_next_one()
    {
        await using (var db = await Store.Contexts.CreateDbContextAsync(Cancellation))
        {
            // What a process leaves that dies while it changes the tables: EF's lock is a row.
            await db.Database.ExecuteSqlRawAsync(
                """INSERT INTO "__EFMigrationsLock" ("Id", "Timestamp") VALUES (1, '2026-01-01 00:00:00+00:00')""", Cancellation);
        }
        await using var next = await TestStore.StartAsync(Options).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.NotNull(await next.AddAsync());
    }

    [Fact]
    public async Task A_start_waits_for_one_that_changes_the_tables()
    {
        Task<TestStore> next;
        using (await FileLock.TakeAsync(Store.Database.Place + ".lock", Cancellation))
        {
            next = Task.Run(() => TestStore.StartAsync(Options), Cancellation);
            await Task.WhenAny(next, Task.Delay(300, Cancellation));
            Assert.False(next.IsCompleted);
        }
        await using var store = await next.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.NotNull(await store.AddAsync());
    }

    [Fact]
    public async Task Another_writer_is_waited_for()
    {
        await using var db = await (await AnotherAsync()).Contexts.CreateDbContextAsync(Cancellation);
        var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var adding = Task.Run(() => Store.AddAsync(), Cancellation);
        await Task.WhenAny(adding, Task.Delay(300, Cancellation));
        Assert.False(adding.IsCompleted);
        await transaction.DisposeAsync();
        Assert.NotNull(await adding.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_named()
    {
        var file = _folder.Write("a-file", "");
        await using var store = TestStore.Create(new JobOptions { Folder = Path.Combine(file, "jobs") });
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(store.StartAsync);
        Assert.Contains(Path.Combine(file, "jobs"), exception.Message, StringComparison.Ordinal);
        Assert.Contains("Jobs:Folder", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_a_store_that_cannot_be_reached_for_a_while()
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, "small.db")}");
        await connection.OpenAsync(Cancellation);
        await using var fill = connection.CreateCommand();
        fill.CommandText = "PRAGMA max_page_count = 2";
        await fill.ExecuteScalarAsync(Cancellation);
        fill.CommandText = "CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(1000000))";
        var full = await Assert.ThrowsAsync<SqliteException>(() => fill.ExecuteNonQueryAsync(Cancellation));
        Assert.Contains("full", full.Message, StringComparison.Ordinal);
        Assert.True(Store.Database.IsTransient(new DbUpdateException("not saved", full)));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_folder_is_the_Gateways_users_alone()
    {
        var folder = Path.Combine(_folder.Path, "above", "jobs");
        await using var store = await TestStore.StartAsync(new JobOptions { Folder = folder });
        Assert.NotNull(await store.AddAsync());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }

    private protected override async Task<string[]> SchemaAsync() =>
    [
        .. await LinesAsync("""
            SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk AS Value FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND m.name NOT LIKE '\_\_%' ESCAPE '\'
            """),
        .. await LinesAsync("""SELECT sql AS Value FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"""),
        .. await LinesAsync("""
            SELECT m.name || '.' || f."from" || ' ' || f."table" || ' ' || f.on_delete AS Value FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
            """),
        .. await LinesAsync("SELECT sql AS Value FROM sqlite_master WHERE name = 'webhooks' AND sql LIKE '%AUTOINCREMENT%'"),
    ];
}
