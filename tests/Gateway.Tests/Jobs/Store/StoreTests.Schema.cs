using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task The_migrations_make_what_the_model_says()
    {
        var migrated = await SchemaAsync();
        Assert.Contains(migrated, line => line.Contains("lease_until", StringComparison.Ordinal));
        await using (var db = await Store.Contexts.CreateDbContextAsync(Cancellation))
        {
            await DropTablesAsync(db);
            await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(Cancellation);
        }
        Assert.Equal(await SchemaAsync(), migrated);
    }

    [Fact]
    public async Task Gateways_that_begin_at_once_make_the_tables_once()
    {
        await using (var db = await Store.Contexts.CreateDbContextAsync(Cancellation))
        {
            await DropTablesAsync(db);
        }
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(AnotherOneAsync, Cancellation)));
        try
        {
            var job = await stores[0].AddAsync();
            Assert.All(await Task.WhenAll(stores.Select(store => store.FindAsync(job.Id))), found => Assert.Equal(job.Id, found.Id));
        }
        finally
        {
            foreach (var store in stores)
            {
                await store.DisposeAsync();
            }
        }

        Task<TestStore> AnotherOneAsync() => TestStore.StartAsync(Options);
    }

    /// <summary>One line for each column, key and index of the store's own tables.</summary>
    private protected abstract Task<string[]> SchemaAsync();

    private static Task<int> DropTablesAsync(JobsDb db) => db.Database.ExecuteSqlRawAsync("""
        DROP TABLE webhooks; DROP TABLE job_events; DROP TABLE jobs; DROP TABLE audit; DROP TABLE secrets; DROP TABLE "__EFMigrationsHistory"
        """, Cancellation);

    internal async Task<string[]> LinesAsync(string sql)
    {
        await using var db = await Store.Contexts.CreateDbContextAsync(Cancellation);
        return [.. (await db.Database.SqlQueryRaw<string>(sql).ToListAsync(Cancellation)).Order(StringComparer.Ordinal)];
    }
}
