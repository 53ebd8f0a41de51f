namespace QwenMesh.Gateway.Jobs;

/// <summary>What decides where a job may go.</summary>
/// <param name="State">Where it is.</param>
/// <param name="CancelRequested">Its client has asked for the end of it while it runs.</param>
/// <param name="Attempts">Times that it has been begun, those without that a Gateway's death ended.</param>
/// <param name="Losses">Times that a Gateway's death ended.</param>
internal readonly record struct JobSituation(JobState State, bool CancelRequested = false, int Attempts = 0, int Losses = 0);

/// <summary>What can happen to a job.</summary>
internal enum JobTrigger
{
    /// <summary>A Gateway takes it.</summary>
    Claim,

    /// <summary>Its holder has stored the pictures.</summary>
    Succeed,

    /// <summary>Its holder gives up.</summary>
    Fail,

    /// <summary>Its holder has stopped because its client asked for that.</summary>
    Cancelled,

    /// <summary>Its holder hands it back.</summary>
    Release,

    /// <summary>Its client asks for the end.</summary>
    Cancel,

    /// <summary>Its holder has not been heard of in time.</summary>
    LeaseExpired,

    /// <summary>Nobody wants it any more.</summary>
    DeadlinePassed,
}

/// <summary>The states of jobs and the ways between them. Knows no store and no clock.</summary>
internal static class JobMachine
{
    /// <summary>Where a job goes; null when this cannot happen to it where it is.</summary>
    /// <param name="job">Where it is.</param>
    /// <param name="trigger">What happens.</param>
    /// <param name="mostLosses">Losses after which it is not taken up again.</param>
    public static JobSituation? Next(JobSituation job, JobTrigger trigger, int mostLosses = int.MaxValue) => (job.State, trigger) switch
    {
        (JobState.Queued, JobTrigger.Claim) => job with { State = JobState.Running, Attempts = job.Attempts + 1 },
        (JobState.Queued, JobTrigger.Cancel) => job with { State = JobState.Cancelled },
        (JobState.Queued, JobTrigger.DeadlinePassed) => job with { State = JobState.Failed },
        // Pictures that are there are kept, also when the client has just asked for the end.
        (JobState.Running, JobTrigger.Succeed) => job with { State = JobState.Succeeded },
        (JobState.Running, JobTrigger.Fail) => job with { State = JobState.Failed },
        (JobState.Running, JobTrigger.Cancelled) => job with { State = JobState.Cancelled },
        (JobState.Running, JobTrigger.Release) => job with { State = job.CancelRequested ? JobState.Cancelled : JobState.Queued },
        (JobState.Running, JobTrigger.Cancel) => job with { CancelRequested = true },
        (JobState.Running, JobTrigger.LeaseExpired) => Lost(job with { Attempts = job.Attempts - 1, Losses = job.Losses + 1 }, mostLosses),
        _ => null,
    };

    /// <summary>What a holder that ends a job tells of it.</summary>
    public static JobTrigger Ending(JobState end) => end switch
    {
        JobState.Succeeded => JobTrigger.Succeed,
        JobState.Failed => JobTrigger.Fail,
        JobState.Cancelled => JobTrigger.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(end), end, "not an end"),
    };

    private static JobSituation Lost(JobSituation job, int mostLosses) => job with
    {
        State = job.CancelRequested ? JobState.Cancelled : job.Losses > mostLosses ? JobState.Failed : JobState.Queued,
    };
}
