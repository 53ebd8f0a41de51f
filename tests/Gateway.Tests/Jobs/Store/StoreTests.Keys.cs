using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Concurrent_submissions_with_one_key_are_one_job()
    {
        var other = await AnotherAsync();
        var jobs = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => (i % 2 == 0 ? Store : other).AddAsync(key: "k"), Cancellation)));
        Assert.Single(jobs.Select(job => job.Id).Distinct());
        Assert.Equal(1, (await Store.Jobs.LoadAsync(Cancellation)).QueuedJobs);
        Assert.Single(await Store.EventsAsync(jobs[0].Id));
    }

    [Fact]
    public async Task A_key_is_of_one_owner_and_dialect_and_is_forgotten_with_its_job()
    {
        var first = await Store.AddAsync(key: new string('k', 100_000));
        var claimed = await Store.ClaimAsync();
        await Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation);
        var again = await Store.AddAsync(key: new string('k', 100_000));
        Assert.Equal((first.Id, JobState.Succeeded), (again.Id, again.State));
        Assert.NotEqual(first.Id, (await Store.AddAsync(owner: "other", key: new string('k', 100_000))).Id);
        Assert.NotEqual(first.Id, (await Store.AddAsync(dialect: "other", key: new string('k', 100_000))).Id);
        Assert.NotEqual((await Store.AddAsync()).Id, (await Store.AddAsync()).Id);

        Store.Time.Advance(TimeSpan.FromHours(25));
        await Store.ForgetAsync();
        Assert.NotEqual(first.Id, (await Store.AddAsync(key: new string('k', 100_000))).Id);
    }

    [Fact]
    public async Task A_job_that_is_added_twice_under_one_id_is_one()
    {
        var job = Store.New();
        await Store.Jobs.AddAsync(job, Cancellation);
        Assert.Equal(job.Job.Id, (await Store.Jobs.AddAsync(job, Cancellation)).Id);
        Assert.Single(await Store.EventsAsync(job.Job.Id));
    }

    [Fact]
    public async Task What_is_no_fault_is_not_logged()
    {
        await Store.AddAsync(key: "k");
        await Store.AddAsync(key: "k");
        await Store.Jobs.EndAsync((await Store.ClaimAsync()).Claim, [], Success, Cancellation);
        Assert.Equal(["Information QwenMesh.Gateway.Jobs.Store.StoreStart 430"], Store.Log);
    }

    [Fact]
    public async Task Secrets_are_the_same_for_all_gateways()
    {
        var other = await AnotherAsync();
        var secrets = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            Task.Run(async () => Convert.ToHexString(await (i % 2 == 0 ? Store : other).Keys.GetAsync("files", Cancellation)), Cancellation)));
        Assert.Equal(64, Assert.Single(secrets.Distinct()).Length);
        Assert.NotEqual(secrets[0], Convert.ToHexString(await Store.Keys.GetAsync("webhooks", Cancellation)));
        Assert.Equal(secrets[0], Convert.ToHexString(await (await AnotherAsync()).Keys.GetAsync("files", Cancellation)));
    }

    [Fact]
    public async Task Audit_records_come_newest_first()
    {
        var records = Enumerable.Range(0, 3).Select(i => new Gateway.Guardrails.AuditRecord(
            DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + i), "owner", i == 0 ? null : $"job{i}", "prompt", $"prompt:{i}", "ab")).ToArray();
        foreach (var record in records)
        {
            await Store.Audit.RecordAsync(record, Cancellation);
        }
        Assert.Equal([records[2], records[1]], await Store.Audit.ListAsync(2, Cancellation));

        await Store.Audit.ForgetAsync(records[1].At, Cancellation);
        Assert.Equal([records[2], records[1]], await Store.Audit.ListAsync(9, Cancellation));
        await Store.Audit.ForgetAsync(records[2].At.AddMilliseconds(1), Cancellation);
        Assert.Empty(await Store.Audit.ListAsync(9, Cancellation));
    }

    [Fact]
    public async Task Audit_records_are_removed_however_many_there_are()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        await using (var db = await Store.Contexts.CreateDbContextAsync(Cancellation))
        {
            db.Audit.AddRange(Enumerable.Range(0, 2001).Select(i => new Gateway.Jobs.Store.AuditRow
            {
                Id = TimedId.New(at.AddMilliseconds(i)),
                Owner = "o",
                Subject = "prompt",
                Rule = "deny:0",
                Digest = "ab",
            }));
            await db.SaveChangesAsync(Cancellation);
        }
        await Store.Audit.ForgetAsync(at.AddMilliseconds(2000), Cancellation);
        Assert.Single(await Store.Audit.ListAsync(9, Cancellation));
    }
}
