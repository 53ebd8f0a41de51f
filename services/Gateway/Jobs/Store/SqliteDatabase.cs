using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>A file, for one Gateway or a few on one machine. It has one writer at a time, so locks of rows are not needed.</summary>
internal sealed class SqliteDatabase(string file) : StoreDatabase, IDisposable
{
    // Result codes of SQLite, the last two extended ones.
    private const int Busy = 5, Locked = 6, Full = 13, PrimaryKey = 1555, Unique = 2067;

    private readonly SqlitePragmas _pragmas = new();
    // Writers of this process queue here: SQLite itself has no queue, only pauses between tries.
    private readonly SemaphoreSlim _writer = new(1);

    public override string Place => file;

    public override string System => "sqlite";

    public override void Configure(DbContextOptionsBuilder options)
    {
        ConfigureCommon(options);
        options.UseSqlite(new SqliteConnectionStringBuilder { DataSource = file, ForeignKeys = true, DefaultTimeout = 30 }.ToString())
            .AddInterceptors(_pragmas);
    }

    public override async Task<IDisposable?> EnterWriteAsync(CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        return new Turn(_writer);
    }

    public override Task<List<JobRow>> LockAsync(JobsDb db, string[] ids, CancellationToken cancellationToken) =>
        db.Jobs.AsTracking().Where(row => ids.Contains(row.Id)).OrderBy(row => row.Id).ToListAsync(cancellationToken);

    public override IQueryable<JobRow> LockFree(JobsDb db, FormattableString query) => db.Jobs.FromSql(query).AsTracking();

    public override IQueryable<WebhookRow> LockFreeWebhooks(JobsDb db, FormattableString query) => db.Webhooks.FromSql(query).AsTracking();

    /// <summary>Nobody to tell: Gateways that share a file look into it now and then.</summary>
    public override Task NotifyAsync(JobsDb db, IReadOnlyCollection<string> notices, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Also a disk that is full: with room again what waits goes on.</summary>
    public override bool IsTransient(Exception exception) =>
        Chain(exception).OfType<SqliteException>().Any(fault => fault.SqliteErrorCode is Busy or Locked or Full);

    public override bool IsDuplicate(Exception exception) =>
        Chain(exception).OfType<SqliteException>().Any(fault => fault.SqliteExtendedErrorCode is PrimaryKey or Unique);

    public override async Task MigrateAsync(JobsDb db, CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
        {
            PrivateFolder.Make(folder);
        }
        using var mine = await FileLock.TakeAsync(file + ".lock", cancellationToken);
        // A migration that was killed leaves EF's own lock, a row, behind. Whoever has the file's lock knows that no other one is at work.
        if (await TableExistsAsync(db, "__EFMigrationsLock", cancellationToken))
        {
            await db.Database.ExecuteSqlAsync(FormattableStringFactory.Create("DELETE FROM __EFMigrationsLock"), cancellationToken);
        }
        // Readers do not wait for a writer. The mode stays with the file.
        await db.Database.ExecuteSqlAsync(FormattableStringFactory.Create("PRAGMA journal_mode = WAL"), cancellationToken);
        await db.Database.MigrateAsync(cancellationToken);
    }

    public void Dispose() => _writer.Dispose();

    private static async Task<bool> TableExistsAsync(JobsDb db, string table, CancellationToken cancellationToken) =>
        await db.Database.SqlQuery<int>($"SELECT count(*) AS Value FROM sqlite_master WHERE type = 'table' AND name = {table}").SingleAsync(cancellationToken) > 0;

    private sealed class Turn(SemaphoreSlim writer) : IDisposable
    {
        public void Dispose() => writer.Release();
    }
}
