using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs;

public sealed class RunningJobsTests
{
    private readonly RunningJobs _running = new(Options.Create(new GatewayOptions { MaxConcurrentGenerations = 2 }));

    [Fact]
    public void There_is_room_for_as_many_as_the_Gateway_runs_at_a_time()
    {
        Assert.Equal((2, true, 0), (_running.Room, _running.HasRoom, _running.Count));
        var (first, second) = (_running.Add(Claimed("a")), _running.Add(Claimed("b", 4)));
        Assert.Equal((0, false), (_running.Room, _running.HasRoom));
        Assert.Equal([new JobClaim("a", 1), new JobClaim("b", 4)], _running.Claims.OrderBy(claim => claim.Id));
        _running.Add(Claimed("c"));
        Assert.Equal(0, _running.Room);
        _running.Remove(first);
        _running.Remove(second);
        Assert.Equal((1, 1), (_running.Room, _running.Count));
    }

    [Fact]
    public async Task A_job_whose_end_is_stored_takes_no_place_and_is_waited_for_until_all_is_done()
    {
        var job = _running.Add(Claimed("a"));
        var freed = _running.Freed.Next;
        job.FreePlace();
        await freed.WaitAsync(ManualJobs.Bound, TestContext.Current.CancellationToken); // Who waits for room does not wait for the rest.
        Assert.Equal((2, 0, true), (_running.Room, _running.Count, _running.Has("a")));
        var end = Assert.Single(_running.Ends);
        Assert.False(end.IsCompleted);
        freed = _running.Freed.Next;
        _running.Remove(job);
        await freed.WaitAsync(ManualJobs.Bound, TestContext.Current.CancellationToken);
        await end.WaitAsync(ManualJobs.Bound, TestContext.Current.CancellationToken);
        Assert.Equal(2, _running.Room);
    }

    [Fact]
    public void The_first_reason_to_stop_counts()
    {
        var job = _running.Add(Claimed("a"));
        Assert.Equal((StopReason.None, false), (job.Reason, job.Stopped.IsCancellationRequested));
        _running.Stop("b", StopReason.Lost);
        Assert.False(job.Stopped.IsCancellationRequested);
        _running.Stop("a", StopReason.Cancelled);
        _running.StopAll(StopReason.HandedBack);
        Assert.Equal((StopReason.Cancelled, true), (job.Reason, job.Stopped.IsCancellationRequested));
    }

    [Fact]
    public void Another_attempts_claim_stops_nothing()
    {
        var job = _running.Add(Claimed("a", fence: 5));
        _running.Stop(new JobClaim("a", 4), StopReason.Lost);
        Assert.Equal(StopReason.None, job.Reason);
        _running.Stop(new JobClaim("a", 5), StopReason.Lost);
        Assert.Equal(StopReason.Lost, job.Reason);
    }

    [Fact]
    public void An_attempt_that_ends_late_does_not_take_the_next_one_with_it()
    {
        var first = _running.Add(Claimed("a", 1));
        var second = _running.Add(Claimed("a", 2));
        _running.Remove(first);
        Assert.Equal([second.Claim], _running.Claims);
        Assert.True(first.Ended.IsCompletedSuccessfully);
        Assert.False(second.Ended.IsCompleted);
    }

    [Fact]
    public async Task Ends_are_waited_for_and_a_stop_after_the_end_does_no_harm()
    {
        var (first, second) = (_running.Add(Claimed("a")), _running.Add(Claimed("b")));
        var all = Task.WhenAll(_running.Ends);
        _running.Remove(first);
        Assert.False(all.IsCompleted);
        _running.Remove(second);
        await all.WaitAsync(ManualJobs.Bound, TestContext.Current.CancellationToken);
        first.Stop(StopReason.Cancelled);
        _running.StopAll(StopReason.HandedBack);
        Assert.Empty(_running.Ends);
    }

    private static ClaimedJob Claimed(string id, long fence = 1) => new(
        new JobClaim(id, fence), new Job { Id = id, Dialect = "", Owner = "", Request = new GenerationRequest { Prompt = "p", Seed = 7 } }, "{}", 1, 10, DateTimeOffset.MaxValue);
}
