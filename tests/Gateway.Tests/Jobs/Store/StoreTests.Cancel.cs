using QwenMesh.Gateway.Jobs;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task A_waiting_job_is_cancelled_at_once()
    {
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        var cancelled = await Store.Jobs.CancelAsync(job.Id, Cancellation);
        Assert.Equal(JobState.Cancelled, cancelled!.State);
        Assert.Empty(await Store.Jobs.ClaimAsync("gateway", 1, Lease, Cancellation));
        Assert.Equal(["JobQueued", "JobEnded"], await Store.EventKindsAsync(job.Id));
        Assert.Equal(job.Id, Assert.Single(await Store.Webhooks.ClaimAsync(10, Lease, Cancellation)).Job.Id);

        Assert.Equal(cancelled.EndedAt, (await Store.Jobs.CancelAsync(job.Id, Cancellation))!.EndedAt);
        Assert.Null(await Store.Jobs.CancelAsync("no-such-job", Cancellation));
    }

    [Fact]
    public async Task A_running_job_is_asked_to_end()
    {
        var asked = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Signals.OnCancelAsked = id => asked.TrySetResult(id);
        var job = await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        var after = await Store.Jobs.CancelAsync(job.Id, Cancellation);
        Assert.Equal((JobState.Running, true), (after!.State, after.CancelRequested));
        Assert.Equal(job.Id, await asked.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
        Assert.Equal([new HeldJob(claimed.Claim, true)], await Store.Jobs.RenewAsync("gateway", [claimed.Claim], Lease, Cancellation));
        Assert.True(await Store.Jobs.EndAsync(claimed.Claim, [], new JobEnding(JobState.Cancelled), Cancellation));
        Assert.Equal(JobState.Cancelled, (await Store.FindAsync(job.Id)).State);
    }

    [Fact]
    public async Task Pictures_that_are_there_are_kept_though_the_end_was_asked_for()
    {
        var job = await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        await Store.Jobs.CancelAsync(job.Id, Cancellation);
        Assert.True(await Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation));
        Assert.Equal(JobState.Succeeded, (await Store.FindAsync(job.Id)).State);
    }

    [Fact]
    public async Task A_job_that_is_asked_to_end_does_not_go_back_into_the_queue()
    {
        var released = await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        await Store.Jobs.CancelAsync(released.Id, Cancellation);
        Assert.True(await Store.Jobs.ReleaseAsync(claimed.Claim, Store.Time.GetUtcNow(), "again", Cancellation));
        Assert.Equal(JobState.Cancelled, (await Store.FindAsync(released.Id)).State);

        var lost = await Store.AddAsync();
        await Store.ClaimAsync(leaseSeconds: 5);
        await Store.Jobs.CancelAsync(lost.Id, Cancellation);
        Store.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(1, await Store.Jobs.RecoverAsync(0, _ => false, Cancellation));
        var ended = await Store.FindAsync(lost.Id);
        Assert.Equal((JobState.Cancelled, null), (ended.State, ended.Fault));
    }

    [Fact]
    public async Task A_holder_hears_of_its_own_end_again_and_of_no_other()
    {
        await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        Assert.True(await Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation));
        Assert.True(await Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation));
        Assert.False(await Store.Jobs.EndAsync(claimed.Claim, [], new JobEnding(JobState.Cancelled), Cancellation));
        Assert.Equal(3, (await Store.EventsAsync(claimed.Claim.Id)).Count);
    }
}
