using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>Every state with everything that can happen in it: what is not listed here is not allowed.</summary>
public sealed class JobMachineTests
{
    private static readonly Dictionary<(JobState State, JobTrigger Trigger), JobState> Allowed = new()
    {
        [(JobState.Queued, JobTrigger.Claim)] = JobState.Running,
        [(JobState.Queued, JobTrigger.Cancel)] = JobState.Cancelled,
        [(JobState.Queued, JobTrigger.DeadlinePassed)] = JobState.Failed,
        [(JobState.Running, JobTrigger.Succeed)] = JobState.Succeeded,
        [(JobState.Running, JobTrigger.Fail)] = JobState.Failed,
        [(JobState.Running, JobTrigger.Cancelled)] = JobState.Cancelled,
        [(JobState.Running, JobTrigger.Release)] = JobState.Queued,
        [(JobState.Running, JobTrigger.Cancel)] = JobState.Running,
        [(JobState.Running, JobTrigger.LeaseExpired)] = JobState.Queued,
    };

    [Fact]
    public void Only_what_is_listed_is_allowed()
    {
        foreach (var state in Enum.GetValues<JobState>())
        {
            foreach (var trigger in Enum.GetValues<JobTrigger>())
            {
                var next = JobMachine.Next(new JobSituation(state, Attempts: 1), trigger, mostLosses: 5);
                Assert.Equal(Allowed.TryGetValue((state, trigger), out var expected) ? expected : null, next?.State);
            }
        }
    }

    [Fact]
    public void A_job_that_is_asked_to_end_waits_no_more()
    {
        foreach (var trigger in Enum.GetValues<JobTrigger>())
        {
            var next = JobMachine.Next(new JobSituation(JobState.Running, CancelRequested: true, Attempts: 1), trigger, mostLosses: 5);
            Assert.NotEqual(JobState.Queued, next?.State);
        }
        Assert.Equal(JobState.Cancelled, JobMachine.Next(new JobSituation(JobState.Running, true, 1), JobTrigger.Release)?.State);
        Assert.Equal(JobState.Cancelled, JobMachine.Next(new JobSituation(JobState.Running, true, 1, 9), JobTrigger.LeaseExpired, mostLosses: 5)?.State);
        Assert.Equal(JobState.Succeeded, JobMachine.Next(new JobSituation(JobState.Running, true, 1), JobTrigger.Succeed)?.State);
    }

    [Fact]
    public void Claims_are_attempts_and_losses_are_not()
    {
        var job = new JobSituation(JobState.Queued);
        for (var loss = 1; loss <= 2; loss++)
        {
            var running = JobMachine.Next(job, JobTrigger.Claim)!.Value;
            Assert.Equal(1, running.Attempts);
            job = JobMachine.Next(running, JobTrigger.LeaseExpired, mostLosses: 2)!.Value;
            Assert.Equal(new JobSituation(JobState.Queued, Attempts: 0, Losses: loss), job);
        }
        job = JobMachine.Next(JobMachine.Next(job, JobTrigger.Claim)!.Value, JobTrigger.LeaseExpired, mostLosses: 2)!.Value;
        Assert.Equal((JobState.Failed, 3), (job.State, job.Losses));
    }

    [Fact]
    public void A_release_keeps_the_attempt()
    {
        var running = JobMachine.Next(new JobSituation(JobState.Queued, Attempts: 1, Losses: 1), JobTrigger.Claim)!.Value;
        Assert.Equal(new JobSituation(JobState.Queued, Attempts: 2, Losses: 1), JobMachine.Next(running, JobTrigger.Release));
    }

    [Fact]
    public void A_wish_to_cancel_changes_nothing_else()
    {
        var running = new JobSituation(JobState.Running, Attempts: 2, Losses: 1);
        Assert.Equal(running with { CancelRequested = true }, JobMachine.Next(running, JobTrigger.Cancel));
    }

    [Theory]
    [InlineData(JobState.Queued)]
    [InlineData(JobState.Running)]
    internal void Only_an_end_can_be_told_as_the_end(JobState state) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => JobMachine.Ending(state));
}
