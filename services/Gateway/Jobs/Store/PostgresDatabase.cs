using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>PostgreSQL, for any number of Gateways.</summary>
internal sealed class PostgresDatabase(string connectionString) : StoreDatabase
{
    /// <summary>Channel of NOTIFY.</summary>
    public const string Channel = "qwenmesh";

    // Any number that no other program takes for the same database: "qwenmesh" as bytes.
    private const long MigrationLock = 0x7177656e6d657368;

    private const string IdleInTransaction = "25P03";

    public string ConnectionString { get; } = connectionString;

    public override string Place
    {
        get
        {
            var parts = new NpgsqlConnectionStringBuilder(ConnectionString);
            return $"{parts.Host}:{parts.Port}/{parts.Database}";
        }
    }

    public override string System => "postgresql";

    public override void Configure(DbContextOptionsBuilder options)
    {
        ConfigureCommon(options);
        options.UseNpgsql(ConnectionString);
    }

    public override Task<IDisposable?> EnterWriteAsync(CancellationToken cancellationToken) => Task.FromResult<IDisposable?>(null);

    public override Task<List<JobRow>> LockAsync(JobsDb db, string[] ids, CancellationToken cancellationToken) =>
        db.Jobs.FromSql($"SELECT * FROM jobs WHERE id = ANY({ids}) ORDER BY id FOR UPDATE").AsTracking().ToListAsync(cancellationToken);

    public override IQueryable<JobRow> LockFree(JobsDb db, FormattableString query) => db.Jobs.FromSql(SkipLocked(query)).AsTracking();

    public override IQueryable<WebhookRow> LockFreeWebhooks(JobsDb db, FormattableString query) => db.Webhooks.FromSql(SkipLocked(query)).AsTracking();

    public override Task NotifyAsync(JobsDb db, IReadOnlyCollection<string> notices, CancellationToken cancellationToken) =>
        notices.Count == 0 ? Task.CompletedTask : db.Database.ExecuteSqlAsync(
            $"SELECT pg_notify({Channel}, notice) FROM unnest({notices.ToArray()}) AS notice", cancellationToken);

    public override bool IsTransient(Exception exception) => Chain(exception).Any(fault => fault is SocketException
        or NpgsqlException { IsTransient: true }
        or NpgsqlException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or IdleInTransaction });

    public override bool IsDuplicate(Exception exception) =>
        Chain(exception).OfType<PostgresException>().Any(fault => fault.SqlState == PostgresErrorCodes.UniqueViolation);

    public override async Task MigrateAsync(JobsDb db, CancellationToken cancellationToken)
    {
        // Held by the session: a process that is killed gives it back with its connection.
        await db.Database.OpenConnectionAsync(cancellationToken);
        try
        {
            db.Database.SetCommandTimeout(TimeSpan.FromMinutes(5));
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({MigrationLock})", cancellationToken);
            await db.Database.MigrateAsync(cancellationToken);
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({MigrationLock})", cancellationToken);
        }
        finally
        {
            db.Database.SetCommandTimeout((int?)null);
            await db.Database.CloseConnectionAsync();
        }
    }

    private static FormattableString SkipLocked(FormattableString query) =>
        FormattableStringFactory.Create(query.Format + " FOR UPDATE SKIP LOCKED", query.GetArguments());
}
