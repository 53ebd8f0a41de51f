using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    /// <summary>Its statements work on every schema up to today's, and today's Gateway starts on each and goes on with its rows.</summary>
    [Fact]
    public async Task What_the_first_version_writes_into_any_schema_is_taken_on()
    {
        var today = await SchemaAsync();
        string[] migrations;
        await using (var db = await Store.Contexts.CreateDbContextAsync(Cancellation))
        {
            migrations = [.. db.Database.GetMigrations()];
        }
        Assert.NotEmpty(migrations);
        foreach (var migration in migrations)
        {
            await using (var db = await Store.Contexts.CreateDbContextAsync(Cancellation))
            {
                await DropTablesAsync(db);
                await db.GetService<IMigrator>().MigrateAsync(migration, Cancellation);
                await FirstVersion.WriteAsync(db, Moment.Of(Store.Time.GetUtcNow()), Cancellation);
            }
            await using var gateway = await TestStore.StartAsync(Options, Store.Time);
            Assert.Equal(today, await SchemaAsync());
            Assert.Equal((JobState.Succeeded, 100L), ((await gateway.FindAsync(FirstVersion.Ended)).State, (await gateway.FindAsync(FirstVersion.Ended)).Result!.Pictures[0].Bytes));
            Assert.Equal(FirstVersion.Ended, Assert.Single(await gateway.Webhooks.ClaimAsync(10, Lease, Cancellation)).Job.Id);
            Assert.Equal(FirstVersion.Secret, await gateway.Keys.GetAsync("urls", Cancellation));
            var claimed = await gateway.ClaimAsync();
            Assert.Equal((FirstVersion.Queued, "a cat"), (claimed.Claim.Id, claimed.Job.Request.Prompt));
            Assert.True(await gateway.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation));
            Assert.Equal(["JobQueued", "JobStarted", "JobEnded"], await gateway.EventKindsAsync(FirstVersion.Queued));
        }
    }

    /// <summary>A Gateway that is older than the tables starts and works, as long as what is new has a default or may be null.</summary>
    [Fact]
    public async Task A_schema_that_has_been_expanded_by_a_newer_version_serves_an_older_one()
    {
        await using (var db = await Store.Contexts.CreateDbContextAsync(Cancellation))
        {
            await db.Database.ExecuteSqlRawAsync("""
                ALTER TABLE jobs ADD COLUMN tomorrow VARCHAR NULL;
                ALTER TABLE jobs ADD COLUMN weight BIGINT NOT NULL DEFAULT 1;
                ALTER TABLE job_events ADD COLUMN tomorrow VARCHAR NULL;
                ALTER TABLE webhooks ADD COLUMN weight BIGINT NOT NULL DEFAULT 1;
                ALTER TABLE audit ADD COLUMN tomorrow VARCHAR NULL;
                ALTER TABLE secrets ADD COLUMN tomorrow VARCHAR NULL;
                CREATE TABLE tomorrows (id BIGINT PRIMARY KEY, job_id VARCHAR NULL);
                CREATE INDEX jobs_tomorrow ON jobs (tomorrow);
                INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('29990101000000_Tomorrow', '99.0.0');
                """, Cancellation);
        }
        // The one that runs, and one that is started anew, as after a rollback.
        foreach (var gateway in new[] { Store, await AnotherAsync() })
        {
            var job = await gateway.AddAsync(webhook: new WebhookTarget("http://client/", OnStart: true));
            var claimed = await gateway.ClaimAsync();
            Assert.True(await gateway.Jobs.AppendAsync(claimed.Claim, [new JobStage("encode", 0, false), new JobStage("encode", 0, true)], Appending.First(), Cancellation));
            Assert.True(await gateway.Jobs.EndAsync(claimed.Claim, [new JobPictureDrawn(Success.Result!.Pictures[0])], Success, Cancellation));
            Assert.Equal(JobState.Succeeded, (await gateway.FindAsync(job.Id)).State);
            Assert.NotEmpty(await gateway.Webhooks.ClaimAsync(10, Lease, Cancellation));
            Assert.NotEmpty(await gateway.Keys.GetAsync("urls", Cancellation));
            var lost = await gateway.AddAsync();
            await gateway.ClaimAsync(leaseSeconds: 1);
            gateway.Time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(1, await gateway.Jobs.RecoverAsync(5, _ => false, Cancellation));
            Assert.Equal(JobState.Cancelled, (await gateway.Jobs.CancelAsync(lost.Id, Cancellation))!.State);
            gateway.Time.Advance(TimeSpan.FromDays(2));
            Assert.Equal(2, (await gateway.ForgetAsync()).Count);
        }
    }
}
