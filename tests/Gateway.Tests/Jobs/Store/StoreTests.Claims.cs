using System.Collections.Concurrent;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Eight_claimers_take_each_job_once()
    {
        const int Jobs = 500;
        for (var i = 0; i < Jobs; i++)
        {
            await Store.AddAsync();
        }
        var other = await AnotherAsync();
        var claimed = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            while (await (i % 2 == 0 ? Store : other).Jobs.ClaimAsync($"gateway{i}", 1 + (i % 4), Lease, Cancellation) is { Count: > 0 } jobs)
            {
                foreach (var job in jobs)
                {
                    claimed.Add(job.Claim.Id);
                }
            }
        }, Cancellation)));
        // A claimer may have seen an empty queue while another one held the rest of it.
        Assert.Empty(await Store.Jobs.ClaimAsync("last", Jobs, Lease, Cancellation));
        Assert.Equal(Jobs, claimed.Count);
        Assert.Equal(Jobs, claimed.Distinct().Count());
    }

    [Fact]
    public async Task A_late_holder_writes_nothing()
    {
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        var late = await Store.ClaimAsync("first", leaseSeconds: 5);
        Store.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(1, await Store.Jobs.RecoverAsync(5, _ => false, Cancellation));
        await AssertRefusedAsync();
        var now = await Store.ClaimAsync("second");
        await AssertRefusedAsync();
        Assert.True(await Store.Jobs.EndAsync(now.Claim, [], Success, Cancellation));
        await AssertRefusedAsync();
        Assert.Equal(JobState.Succeeded, (await Store.FindAsync(job.Id)).State);
        Assert.Equal(["JobQueued", "JobStarted", "JobRetried", "JobStarted", "JobEnded"], await Store.EventKindsAsync(job.Id));
        Assert.Single(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));

        async Task AssertRefusedAsync()
        {
            Assert.False(await Store.Jobs.AppendAsync(late.Claim, [new JobStep(0, 1, 2)], Appending.First(), Cancellation));
            Assert.False(await Store.Jobs.EndAsync(late.Claim, [], new JobEnding(JobState.Failed, Fault: new(null, FaultKind.Internal, "late")), Cancellation));
            Assert.False(await Store.Jobs.EndAsync(late.Claim, [], Success, Cancellation));
            Assert.False(await Store.Jobs.ReleaseAsync(late.Claim, Store.Time.GetUtcNow(), "late", Cancellation));
            Assert.Empty(await Store.Jobs.RenewAsync("first", [late.Claim], Lease, Cancellation));
        }
    }

    [Fact]
    public async Task A_renewed_lease_is_not_lost()
    {
        var job = await Store.AddAsync();
        var claimed = await Store.ClaimAsync(leaseSeconds: 5);
        for (var i = 0; i < 3; i++)
        {
            Store.Time.Advance(TimeSpan.FromSeconds(4));
            Assert.Equal([new HeldJob(claimed.Claim, false)], await Store.Jobs.RenewAsync("gateway", [claimed.Claim, new JobClaim("none", 1)], TimeSpan.FromSeconds(5), Cancellation));
            Assert.Equal(0, await Store.Jobs.RecoverAsync(5, _ => false, Cancellation));
        }
        Assert.Equal(JobState.Running, (await Store.FindAsync(job.Id)).State);
    }

    [Fact]
    public async Task A_job_that_is_lost_too_often_fails()
    {
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        for (var loss = 1; loss <= 3; loss++)
        {
            Assert.Equal(1, (await Store.ClaimAsync(leaseSeconds: 5)).Job.Attempts);
            Store.Time.Advance(TimeSpan.FromSeconds(6));
            Assert.Equal(1, await Store.Jobs.RecoverAsync(mostLosses: 2, _ => false, Cancellation));
        }
        var failed = await Store.FindAsync(job.Id);
        Assert.Equal(JobState.Failed, failed.State);
        Assert.Equal((null, FaultKind.Internal), (failed.Fault!.Stage, failed.Fault.Kind));
        Assert.Contains("3 times", failed.Fault.Detail, StringComparison.Ordinal);
        Assert.Single(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation));
    }

    [Fact]
    public async Task More_leases_than_one_transaction_takes_are_recovered()
    {
        const int Jobs = 250;
        for (var i = 0; i < Jobs; i++)
        {
            await Store.AddAsync();
        }
        Assert.Equal(Jobs, (await Store.Jobs.ClaimAsync("gateway", Jobs, TimeSpan.FromSeconds(1), Cancellation)).Count);
        Store.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Jobs, await Store.Jobs.RecoverAsync(5, _ => false, Cancellation));
        Assert.Equal(new QueueLoad(Jobs, Jobs * 10, 0, 0), (await Store.Jobs.LoadAsync(Cancellation)) with { OldestQueued = null });
    }

    [Fact]
    public async Task A_job_that_waits_past_its_deadline_fails_and_is_not_begun()
    {
        var job = await Store.AddAsync(deadline: TimeSpan.FromSeconds(10));
        Store.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(await Store.Jobs.ClaimAsync("gateway", 1, Lease, Cancellation));
        Assert.Equal(1, await Store.Jobs.RecoverAsync(5, _ => false, Cancellation));
        var failed = await Store.FindAsync(job.Id);
        Assert.Equal((JobState.Failed, FaultKind.DeadlineExceeded), (failed.State, failed.Fault!.Kind));
        Assert.NotNull(failed.EndedAt);
    }

    [Fact]
    public async Task Events_of_concurrent_writers_have_no_gaps()
    {
        await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        var other = await AnotherAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                Assert.True(await (writer % 2 == 0 ? Store : other).Jobs.AppendAsync(
                    claimed.Claim, [new JobStage($"{writer}", i, false), new JobStage($"{writer}", i, true)], Appending.First(), Cancellation));
            }
        }, Cancellation)));
        var events = await Store.EventsAsync(claimed.Claim.Id);
        Assert.Equal(Enumerable.Range(1, 2 + 160), events.Select(happened => (int)happened.Number));
        foreach (var writer in events.Select(happened => happened.Data).OfType<JobStage>().GroupBy(stage => stage.Stage))
        {
            Assert.Equal(Enumerable.Range(0, 20).Select(i => (i / 2, i % 2 == 1)), writer.Select(stage => (stage.Picture, stage.Ended)));
        }
    }
}
