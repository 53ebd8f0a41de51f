using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Events_that_are_appended_again_are_there_once()
    {
        await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        var call = Appending.First();
        Assert.True(await Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(0, 1, 9)], call, Cancellation));
        Assert.True(await Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(0, 1, 9)], call with { IsRepeated = true }, Cancellation));
        Assert.True(await Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(0, 2, 9)], Appending.First() with { IsRepeated = true }, Cancellation));
        Assert.Equal([1, 2], (await Store.EventsAsync(claimed.Claim.Id)).Select(happened => happened.Data).OfType<JobStep>().Select(step => step.Step));
    }

    [Fact]
    public async Task A_job_is_found_as_it_was_added()
    {
        var added = Store.New(model: "m", webhook: new WebhookTarget("http://client/", OnStart: true));
        added = added with { Job = added.Job with { Extra = """{"a":1}""", BaseAddress = "http://gateway", TraceParent = "00-1-2-01" } };
        var job = await Store.Jobs.AddAsync(added, Cancellation);

        var found = await Store.FindAsync(job.Id);
        Assert.Equal(job with { Request = found.Request }, found);
        Assert.Equal(StoredRequest.Write(added.Job.Request), StoredRequest.Write(found.Request));
        Assert.Equal((JobState.Queued, "m", """{"a":1}""", "http://gateway", "00-1-2-01"), (found.State, found.Request.Model, found.Extra, found.BaseAddress, found.TraceParent));
        Assert.InRange(added.Job.CreatedAt - found.CreatedAt, TimeSpan.Zero, TimeSpan.FromMicroseconds(1));
        var first = Assert.Single(await Store.EventsAsync(job.Id));
        Assert.Equal((1, new JobQueued()), (first.Number, first.Data));
        Assert.Null(await Store.Jobs.FindAsync("no-such-job", Cancellation));
    }

    [Fact]
    public async Task A_job_runs_and_succeeds()
    {
        var job = await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        Assert.Equal((job.Id, JobState.Running, 1, 5), (claimed.Claim.Id, claimed.Job.State, claimed.Job.Attempts, claimed.MaxAttempts));
        Assert.True(await Store.Jobs.AppendAsync(claimed.Claim, [new JobStage("encode", 0, false), new JobStage("encode", 0, true)], Appending.First(), Cancellation));
        Assert.True(await Store.Jobs.EndAsync(claimed.Claim, [new JobPictureDrawn(Success.Result!.Pictures[0])], Success, Cancellation));

        var ended = await Store.FindAsync(job.Id);
        Assert.Equal((JobState.Succeeded, 1.0), (ended.State, ended.Progress));
        Assert.Equal(Success.Result!.Pictures, ended.Result!.Pictures);
        Assert.Equal((1.5, true, false), (ended.Result.Timings.Total, ended.Result.PromptTruncated, ended.Result.NegativePromptTruncated));
        Assert.Equal(ended.EndedAt!.Value.AddHours(24), ended.ExpiresAt);
        Assert.Equal(["JobQueued", "JobStarted", "JobStage", "JobStage", "JobPictureDrawn", "JobEnded"], await Store.EventKindsAsync(job.Id));
        var events = await Store.EventsAsync(job.Id);
        Assert.Equal([1, 2, 3, 4, 5, 6], events.Select(happened => happened.Number));
        Assert.Equal(new JobEnded(JobState.Succeeded, null), events[^1].Data);
        Assert.Equal([3, 4], (await Store.Jobs.EventsAsync(job.Id, 2, 2, Cancellation)).Select(happened => happened.Number));
    }

    [Fact]
    public async Task A_fault_is_kept_with_all_that_it_says()
    {
        await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        var fault = new GenerationFault("denoiser", FaultKind.Overloaded, "no place") { RetryAfter = TimeSpan.FromSeconds(3) };
        Assert.True(await Store.Jobs.EndAsync(claimed.Claim, [], new JobEnding(JobState.Failed, Fault: fault), Cancellation));
        Assert.Equal(fault, (await Store.FindAsync(claimed.Claim.Id)).Fault);
        Assert.Equal(new JobEnded(JobState.Failed, fault), (await Store.EventsAsync(claimed.Claim.Id))[^1].Data);
    }

    [Fact]
    public async Task A_released_job_waits_until_its_time()
    {
        var job = await Store.AddAsync();
        var first = await Store.ClaimAsync();
        Assert.True(await Store.Jobs.ReleaseAsync(first.Claim, Store.Time.GetUtcNow().AddSeconds(100), "the pool is full", Cancellation));
        Assert.Equal(JobState.Queued, (await Store.FindAsync(job.Id)).State);
        Assert.Equal(new JobRetried("the pool is full"), (await Store.EventsAsync(job.Id))[^1].Data);
        Assert.Empty(await Store.Jobs.ClaimAsync("gateway", 1, Lease, Cancellation));

        Store.Time.Advance(TimeSpan.FromSeconds(101));
        var second = await Store.ClaimAsync();
        Assert.True(second.Claim.Fence > first.Claim.Fence);
        Assert.Equal(2, second.Job.Attempts);
    }

    [Fact]
    public async Task The_higher_priority_comes_first_and_of_one_the_oldest()
    {
        var ids = new List<string>();
        foreach (var priority in new[] { 0, 5, 0, -1, 5 })
        {
            ids.Add((await Store.AddAsync(priority: priority)).Id);
            Store.Time.Advance(TimeSpan.FromMilliseconds(2));
        }
        var claimed = await Store.Jobs.ClaimAsync("gateway", 4, Lease, Cancellation);
        Assert.Equal([ids[1], ids[4], ids[0], ids[2]], claimed.Select(job => job.Claim.Id));
        Assert.Equal(ids[3], (await Store.ClaimAsync()).Claim.Id);
    }

    [Fact]
    public async Task Steps_are_counted_over_all_pictures_and_anew_with_each_attempt()
    {
        var job = await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        await Store.Jobs.AppendAsync(claimed.Claim, [new JobAccepted("m", new ImageSize(8, 8), 20, 4, 7, 3)], Appending.First(), Cancellation);
        await AssertStepsAsync(0, 60);
        await Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(0, 1, 20), new JobStep(1, 1, 20), new JobStep(0, 2, 20)], Appending.First(), Cancellation);
        await Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(2, 7, 20)], Appending.First(), Cancellation);
        await AssertStepsAsync(10, 60);
        // With strength the model runs fewer steps than were asked for.
        await Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(2, 8, 12)], Appending.First(), Cancellation);
        await AssertStepsAsync(11, 36);

        await Store.Jobs.ReleaseAsync(claimed.Claim, Store.Time.GetUtcNow(), "again", Cancellation);
        await Store.ClaimAsync();
        await AssertStepsAsync(0, 0);

        async Task AssertStepsAsync(int done, int total)
        {
            var now = await Store.FindAsync(job.Id);
            Assert.Equal((done, total), (now.StepsDone, now.StepsTotal));
        }
    }

    [Fact]
    public async Task The_load_counts_jobs_and_their_work()
    {
        Assert.Equal(default, await Store.Jobs.LoadAsync(Cancellation));
        var jobs = new List<Job>();
        for (var i = 0; i < 3; i++)
        {
            jobs.Add(await Store.AddAsync());
        }
        Assert.Equal(Moment.Time(Moment.Of(jobs[0].CreatedAt)), (await Store.Jobs.LoadAsync(Cancellation)).OldestQueued);
        var claimed = await Store.ClaimAsync();
        Assert.Equal(new QueueLoad(2, 20, 1, 10), (await Store.Jobs.LoadAsync(Cancellation)) with { OldestQueued = null });
        await Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation);
        Assert.Equal(new QueueLoad(2, 20, 0, 0), (await Store.Jobs.LoadAsync(Cancellation)) with { OldestQueued = null });
    }
}
