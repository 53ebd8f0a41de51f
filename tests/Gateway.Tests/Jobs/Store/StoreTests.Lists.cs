using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Lists_come_in_pages_the_newest_first()
    {
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            ids.Insert(0, (await Store.AddAsync(model: i % 2 == 0 ? "even" : "odd")).Id);
            Store.Time.Advance(TimeSpan.FromMilliseconds(2));
        }
        await Store.AddAsync(owner: "other");
        await Store.AddAsync(dialect: "second");

        var query = new JobQuery { Owner = "owner", Dialect = "test", Take = 3 };
        await AssertPageAsync(7, ids[..3], query);
        await AssertPageAsync(7, ids[3..6], query with { AfterId = ids[2] });
        await AssertPageAsync(7, ids[6..], query with { AfterId = ids[5] });
        await AssertPageAsync(7, ids[5..], query with { Skip = 5 });
        await AssertPageAsync(3, [ids[1], ids[3], ids[5]], query with { Model = "odd" });
        await AssertPageAsync(0, [], query with { States = [JobState.Running, JobState.Failed] });
        await Store.Jobs.CancelAsync(ids[4], Cancellation);
        await AssertPageAsync(1, [ids[4]], query with { States = [JobState.Running, JobState.Cancelled] });
        Assert.Equal(8, (await Store.Jobs.ListAsync(new JobQuery { Owner = "owner" }, Cancellation)).Total);
        var (from, before) = ((await Store.FindAsync(ids[5])).CreatedAt, (await Store.FindAsync(ids[3])).CreatedAt);
        await AssertPageAsync(2, ids[4..6], query with { CreatedFrom = from, CreatedBefore = before });
    }

    private async Task AssertPageAsync(int total, IEnumerable<string> ids, JobQuery query)
    {
        var page = await Store.Jobs.ListAsync(query, Cancellation);
        Assert.Equal(total, page.Total);
        Assert.Equal(ids, page.Jobs.Select(job => job.Id));
    }

    [Fact]
    public async Task Ended_jobs_come_in_the_order_of_their_ends()
    {
        string[] ids = [(await Store.AddAsync()).Id, (await Store.AddAsync()).Id, (await Store.AddAsync()).Id];
        await Store.AddAsync(owner: "other");
        var begin = Store.Time.GetUtcNow();
        foreach (var id in new[] { ids[2], ids[0], ids[1] })
        {
            Store.Time.Advance(TimeSpan.FromSeconds(1));
            await Store.Jobs.CancelAsync(id, Cancellation);
        }
        var ended = await Store.Jobs.ListEndedAsync("owner", "test", begin, null, 2, Cancellation);
        Assert.Equal([ids[2], ids[0]], ended.Select(job => job.Id));
        var rest = await Store.Jobs.ListEndedAsync("owner", "test", ended[^1].EndedAt!.Value, null, 2, Cancellation);
        Assert.Equal([ids[1]], rest.Select(job => job.Id));
    }

    [Fact]
    public async Task Of_jobs_that_have_ended_at_the_same_time_none_is_left_out_between_two_pages()
    {
        var begin = Store.Time.GetUtcNow();
        var ids = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            ids.Add((await Store.AddAsync(deadline: TimeSpan.FromSeconds(1))).Id);
        }
        Store.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(ids.Count, await Store.Jobs.RecoverAsync(mostLosses: 1, _ => false, Cancellation));
        var ended = await Store.Jobs.ListAllEndedAsync("owner", "test", begin, Cancellation);
        Assert.Equal(ids.Order(StringComparer.Ordinal), ended.Select(job => job.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_no_database_can_keep_is_no_jobs_id_and_no_jobs_model()
    {
        await Store.AddAsync(model: "even");
        Assert.Null(await Store.Jobs.FindAsync("a\0b", Cancellation));
        Assert.Empty((await Store.Jobs.ListAsync(new JobQuery { Owner = "owner", Model = "even\0" }, Cancellation)).Jobs);
    }

    [Fact]
    public async Task Ended_jobs_are_forgotten_with_all_that_belongs_to_them()
    {
        var ended = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        await Store.Jobs.CancelAsync(ended.Id, Cancellation);
        var waiting = await Store.AddAsync(deadline: TimeSpan.FromDays(9));
        Store.Time.Advance(TimeSpan.FromHours(23.9));
        Assert.Empty(await Store.ForgetAsync());
        Store.Time.Advance(TimeSpan.FromHours(0.2));
        Assert.Equal([ended.Id], await Store.ForgetAsync());
        Assert.Null(await Store.Jobs.FindAsync(ended.Id, Cancellation));
        Assert.Empty(await Store.EventsAsync(ended.Id));
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        Store.Time.Advance(TimeSpan.FromDays(5));
        Assert.Empty(await Store.ForgetAsync());
        await Store.Jobs.ForgetAsync([waiting.Id], Cancellation);
        Assert.NotNull(await Store.Jobs.FindAsync(waiting.Id, Cancellation));
        Assert.Equal([waiting.Id], await Store.Jobs.KnownAsync([ended.Id, waiting.Id, "x"], Cancellation));
    }

    [Fact]
    public async Task What_has_expired_first_is_forgotten_first()
    {
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add((await Store.AddAsync()).Id);
            await Store.Jobs.CancelAsync(ids[^1], Cancellation);
            Store.Time.Advance(TimeSpan.FromMinutes(1));
        }
        // The fourth has a minute left.
        Store.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1.5));
        Assert.Equal(ids[..2], await Store.Jobs.ExpiredAsync(2, Cancellation));
        Assert.Equal(ids[..3], await Store.Jobs.ExpiredAsync(10, Cancellation));
    }
}
