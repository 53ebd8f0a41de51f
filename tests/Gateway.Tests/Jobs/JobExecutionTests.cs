using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>How an attempt ends, and what is stored of it.</summary>
public sealed class JobExecutionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_attempt_that_succeeds_stores_pictures_events_and_the_rate()
    {
        await using var jobs = await ManualJobs.StartAsync();
        var job = await jobs.SubmitAsync();
        await jobs.RunAsync(await jobs.ClaimAsync());
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Succeeded, 1, null), (ended.State, ended.Attempts, ended.Fault));
        var picture = Assert.Single(ended.Result!.Pictures);
        var file = await jobs.Service<IBlobStore>().GetAsync(BlobKeys.Result(job.Id, picture.Fence, 0), Stop);
        Assert.Equal((7UL, new ImageSize(256, 256), file!.Value.Length), (picture.Seed, picture.Size, (int)picture.Bytes));
        var events = await jobs.EventsAsync(job.Id);
        Assert.Equal([typeof(JobQueued), typeof(JobStarted), typeof(JobAccepted)], events.Where(data => data is not (JobStage or JobStep)).Take(3).Select(data => data.GetType()));
        Assert.Equal([new JobPictureDrawn(picture), new JobEnded(JobState.Succeeded, null)], events.Where(data => data is JobPictureDrawn or JobEnded));
        Assert.True(jobs.Service<WorkRate>().OfOneJob > 0);
    }

    [Fact]
    public async Task A_fault_that_may_pass_is_tried_again_after_pauses_that_grow_up_to_the_last_attempt()
    {
        await using var jobs = await ManualJobs.StartAsync(("Jobs:RetrySeconds", "12"), ("Jobs:MaxAttempts", "5"));
        jobs.Mesh.Denoiser.Service.Calls.AlwaysFail = StageFaults.Overloaded("denoiser", "full");
        var job = await jobs.SubmitAsync();
        foreach (var pause in (int[])[12, 24, 48, 60])
        {
            await jobs.RunAsync(await jobs.ClaimAsync());
            Assert.Equal(JobState.Queued, (await jobs.FindAsync(job.Id)).State);
            Assert.Contains("full", Assert.IsType<JobRetried>((await jobs.EventsAsync(job.Id))[^1]).Reason, StringComparison.Ordinal);
            Assert.InRange((await jobs.PauseAsync(job.Id)).TotalSeconds, pause - 10, pause);
            jobs.Time.Shift += TimeSpan.FromSeconds(pause);
        }
        await jobs.RunAsync(await jobs.ClaimAsync());
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Failed, 5, FaultKind.Overloaded), (ended.State, ended.Attempts, ended.Fault?.Kind));
    }

    [Fact]
    public async Task A_fault_of_a_stage_is_tried_again_too_and_the_next_attempt_may_succeed()
    {
        await using var jobs = await ManualJobs.StartAsync(("Jobs:RetrySeconds", "0"));
        jobs.Mesh.Vae.Service.Calls.FailNext(StageFaults.Internal("vae", "broken"));
        var job = await jobs.SubmitAsync();
        await jobs.RunAsync(await jobs.ClaimAsync());
        await jobs.RunAsync(await jobs.ClaimAsync());
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Succeeded, 2), (ended.State, ended.Attempts));
        Assert.Single(await jobs.EventsAsync(job.Id), data => data is JobRetried);
        Assert.Equal(2, Assert.Single(ended.Result!.Pictures).Fence);
    }

    [Fact]
    public async Task A_fault_of_the_request_is_not_tried_again()
    {
        await using var jobs = await ManualJobs.StartAsync();
        jobs.Mesh.Vae.Service.Calls.FailNext(StageFaults.InvalidRequest("vae", "not like this"));
        var job = await jobs.SubmitAsync();
        await jobs.RunAsync(await jobs.ClaimAsync());
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Failed, 1, FaultKind.InvalidRequest), (ended.State, ended.Attempts, ended.Fault?.Kind));
        Assert.IsType<JobEnded>((await jobs.EventsAsync(job.Id))[^1]);
    }

    [Fact]
    public async Task A_job_whose_deadline_comes_before_the_next_attempt_fails_at_once()
    {
        await using var jobs = await ManualJobs.StartAsync(("Jobs:RetrySeconds", "60"));
        jobs.Mesh.Denoiser.Service.Calls.AlwaysFail = StageFaults.Overloaded("denoiser", "full");
        var job = await jobs.SubmitAsync(ManualJobs.Request(jobs.Time.GetUtcNow().AddSeconds(59)));
        await jobs.RunAsync(await jobs.ClaimAsync());
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Failed, 1, FaultKind.Overloaded), (ended.State, ended.Attempts, ended.Fault?.Kind));
    }

    [Fact]
    public async Task A_cancelled_job_ends_its_running_step()
    {
        await using var jobs = await ManualJobs.StartAsync();
        var (job, running, run) = await HeldAsync(jobs);
        await jobs.Service<JobQueue>().CancelAsync(job.Id, "", Stop);
        await run;
        await jobs.Mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(ManualJobs.Bound, Stop);
        Assert.Equal(StopReason.Cancelled, running.Reason);
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Cancelled, null), (ended.State, ended.Fault));
        Assert.Equal(new JobEnded(JobState.Cancelled, null), (await jobs.EventsAsync(job.Id))[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_drawn_under_a_lost_lease_is_dropped_whether_its_holder_knows_of_it_or_not(bool knows)
    {
        await using var jobs = await ManualJobs.StartAsync();
        var hold = new TaskCompletionSource();
        var (job, running, run) = await HeldAsync(jobs, hold);
        jobs.Time.Shift += TimeSpan.FromSeconds(601);
        Assert.Equal(1, await jobs.Store.RecoverAsync(5, _ => false, Stop));
        var next = await jobs.ClaimAsync(gateway: "another");
        if (knows)
        {
            running.Stop(StopReason.Lost);
        }
        hold.SetResult();
        await run;
        var mine = await jobs.EventsAsync(job.Id);
        Assert.DoesNotContain(mine, data => data is JobPictureDrawn or JobEnded);
        Assert.Equal(JobState.Running, (await jobs.FindAsync(job.Id)).State);
        // The other one's is what counts.
        await jobs.RunAsync(next);
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Succeeded, next.Claim.Fence), (ended.State, Assert.Single(ended.Result!.Pictures).Fence));
    }

    [Fact]
    public async Task A_job_that_is_handed_back_can_be_taken_at_once()
    {
        await using var jobs = await ManualJobs.StartAsync();
        var hold = new TaskCompletionSource();
        var (job, running, run) = await HeldAsync(jobs, hold);
        running.Stop(StopReason.HandedBack);
        await run;
        Assert.Equal(JobState.Queued, (await jobs.FindAsync(job.Id)).State);
        Assert.IsType<JobRetried>((await jobs.EventsAsync(job.Id))[^1]);
        hold.SetResult();
        await jobs.RunAsync(await jobs.ClaimAsync(gateway: "another"));
        Assert.Equal(JobState.Succeeded, (await jobs.FindAsync(job.Id)).State);
    }

    [Fact]
    public async Task A_store_that_is_away_when_a_job_ends_is_waited_for()
    {
        await using var jobs = await ManualJobs.StartAsync();
        var failures = 2;
        jobs.Store.Before = method =>
        {
            if (method == nameof(IJobStore.EndAsync) && failures-- > 0)
            {
                throw new IOException("the database is away");
            }
        };
        var job = await jobs.SubmitAsync();
        await jobs.RunAsync(await jobs.ClaimAsync());
        Assert.Equal(JobState.Succeeded, (await jobs.FindAsync(job.Id)).State);
        Assert.True(failures < 0);
    }

    [Fact]
    public async Task A_store_that_is_away_while_a_job_is_drawn_costs_no_attempt()
    {
        await using var jobs = await ManualJobs.StartAsync();
        // Not drawn before something is told: else all of it may be stored with the end.
        var told = new TaskCompletionSource();
        jobs.Mesh.Denoiser.Service.Calls.Hold = told.Task;
        var failures = 2;
        jobs.Store.Before = method =>
        {
            if (method == nameof(IJobStore.AppendAsync))
            {
                told.TrySetResult();
                if (failures-- > 0)
                {
                    throw new GenerationException(JobFaults.NoStore);
                }
            }
        };
        var job = await jobs.SubmitAsync();
        await jobs.RunAsync(await jobs.ClaimAsync());
        var ended = await jobs.FindAsync(job.Id);
        Assert.Equal((JobState.Succeeded, 1), (ended.State, ended.Attempts));
        Assert.True(failures < 0);
        Assert.Single(await jobs.EventsAsync(job.Id), data => data is JobPictureDrawn);
    }

    [Fact]
    public async Task A_job_whose_end_is_never_stored_is_drawn_again_when_its_lease_has_passed()
    {
        await using var jobs = await ManualJobs.StartAsync(("Jobs:LeaseSeconds", "0.5"));
        jobs.Store.Before = method =>
        {
            if (method == nameof(IJobStore.EndAsync))
            {
                throw new IOException("the database is away");
            }
        };
        var job = await jobs.SubmitAsync();
        await jobs.RunAsync(await jobs.ClaimAsync());
        Assert.Equal(JobState.Running, (await jobs.FindAsync(job.Id)).State);
        jobs.Store.Before = _ => { };
        jobs.Time.Shift += TimeSpan.FromSeconds(601);
        await jobs.Store.RecoverAsync(5, _ => false, Stop);
        await jobs.RunAsync(await jobs.ClaimAsync());
        Assert.Equal(JobState.Succeeded, (await jobs.FindAsync(job.Id)).State);
        Assert.Single(await jobs.EventsAsync(job.Id), data => data is JobEnded);
    }

    private static async Task<(Job Job, RunningJob Running, Task Run)> HeldAsync(ManualJobs jobs, TaskCompletionSource? hold = null)
    {
        jobs.Mesh.Denoiser.Service.Calls.Hold = (hold ?? new TaskCompletionSource()).Task;
        var job = await jobs.SubmitAsync();
        var claimed = await jobs.ClaimAsync();
        var running = jobs.Begin(claimed);
        var run = jobs.RunAsync(claimed, running);
        await jobs.Mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(ManualJobs.Bound, Stop);
        return (job, running, run);
    }
}
