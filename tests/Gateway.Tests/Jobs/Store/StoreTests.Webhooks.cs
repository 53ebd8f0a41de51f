using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Webhooks_are_due_at_the_first_start_and_at_the_end()
    {
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/a", OnStart: true));
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        var first = await Store.ClaimAsync();
        var start = Assert.Single(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        Assert.Equal((job.Id, "http://client/a", true, 1, JobState.Running), (start.Job.Id, start.Address, start.IsStart, start.Attempt, start.Job.State));
        await Store.Webhooks.DeliveredAsync(start, Cancellation);

        await Store.Jobs.ReleaseAsync(first.Claim, Store.Time.GetUtcNow(), "again", Cancellation);
        var second = await Store.ClaimAsync();
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        await Store.Jobs.EndAsync(second.Claim, [], Success, Cancellation);
        var end = Assert.Single(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        Assert.Equal((false, JobState.Succeeded), (end.IsStart, end.Job.State));
        Assert.NotEqual(start.Id, end.Id);
    }

    [Fact]
    public async Task A_webhook_that_is_not_delivered_comes_again()
    {
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        await Store.Jobs.CancelAsync(job.Id, Cancellation);
        var first = Assert.Single(await Store.Webhooks.ClaimAsync(10, TimeSpan.FromSeconds(30), Cancellation));
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, TimeSpan.FromSeconds(30), Cancellation));
        // Its deliverer dies: the lease passes.
        Store.Time.Advance(TimeSpan.FromSeconds(31));
        var second = Assert.Single(await Store.Webhooks.ClaimAsync(10, TimeSpan.FromSeconds(30), Cancellation));
        Assert.Equal((first.Id, 1), (second.Id, second.Attempt));
        // The first one was only slow; what it says does not count any more.
        await Store.Webhooks.FailedAsync(first, null, "slow", Cancellation);
        await Store.Webhooks.FreeAsync([first], Cancellation);
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        await Store.Webhooks.FailedAsync(second, Store.Time.GetUtcNow().AddSeconds(100), "HTTP 500", Cancellation);
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        Store.Time.Advance(TimeSpan.FromSeconds(101));
        var third = Assert.Single(await Store.Webhooks.ClaimAsync(10, TimeSpan.FromSeconds(30), Cancellation));
        Assert.Equal((first.Id, 2), (third.Id, third.Attempt));
        await Store.Webhooks.FailedAsync(third, null, "given up", Cancellation);
        Store.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
    }

    [Fact]
    public async Task A_webhook_that_is_left_is_taken_at_once_and_has_lost_no_attempt()
    {
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        await Store.Jobs.CancelAsync(job.Id, Cancellation);
        var first = Assert.Single(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        await Store.Webhooks.FreeAsync([first], Cancellation);
        var second = Assert.Single(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
        Assert.Equal((first.Id, 1), (second.Id, second.Attempt));
        await Store.Webhooks.DeliveredAsync(second, Cancellation);
        await Store.Webhooks.FreeAsync([second], Cancellation);
        Assert.Empty(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
    }

    [Fact]
    public async Task Two_deliverers_take_each_webhook_once()
    {
        const int Jobs = 60;
        for (var i = 0; i < Jobs; i++)
        {
            await Store.Jobs.CancelAsync((await Store.AddAsync(webhook: new WebhookTarget("http://client/"))).Id, Cancellation);
        }
        var other = await AnotherAsync();
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            var mine = new List<long>();
            while (await (i % 2 == 0 ? Store : other).Webhooks.ClaimAsync(3, Lease, Cancellation) is { Count: > 0 } webhooks)
            {
                mine.AddRange(webhooks.Select(webhook => webhook.Id));
            }
            return mine;
        }, Cancellation)));
        Assert.Empty(await Store.Webhooks.ClaimAsync(Jobs, Lease, Cancellation));
        Assert.Equal(Jobs, taken.Sum(mine => mine.Count));
        Assert.Equal(Jobs, taken.SelectMany(mine => mine).Distinct().Count());
    }
}
