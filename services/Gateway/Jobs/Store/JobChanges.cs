using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Moves locked jobs from state to state (<see cref="JobMachine"/>), with what belongs to each move.</summary>
internal static class JobChanges
{
    /// <summary>Moves a job.</summary>
    /// <returns>Whether that can happen to it where it is; if not, nothing has changed.</returns>
    public static bool TryMove(this JobRow job, JobTrigger trigger, int mostLosses = int.MaxValue)
    {
        if (JobMachine.Next(new JobSituation(job.State, job.CancelRequested, job.Attempts, job.Losses), trigger, mostLosses) is not { } next)
        {
            return false;
        }
        (job.State, job.CancelRequested, job.Attempts, job.Losses) = (next.State, next.CancelRequested, next.Attempts, next.Losses);
        return true;
    }

    /// <summary>The first event, of a job that is added.</summary>
    public static void Begin(this StoreSession session, JobRow job)
    {
        session.Db.Jobs.Add(job);
        session.Append(job, new JobQueued());
        session.Notices.Queue();
    }

    /// <summary>A Gateway has taken the job.</summary>
    public static void Claim(this StoreSession session, JobRow job, string gateway, TimeSpan lease, long token)
    {
        var isFirst = job.StartedAt is null;
        job.Fence++;
        (job.Gateway, job.ClaimToken, job.LeaseUntil, job.StartedAt) = (gateway, token, session.Now + Moment.Of(lease), session.Now);
        (job.Steps, job.StepsDone, job.StepsTotal) = (null, 0, 0);
        session.Append(job, new JobStarted(job.Attempts));
        if (isFirst && job is { WebhookOnStart: true, WebhookAddress: not null })
        {
            session.Due(job, isStart: true);
        }
    }

    /// <summary>The job waits again.</summary>
    public static void Requeue(this StoreSession session, JobRow job, long notBefore, string reason)
    {
        Unhold(job);
        job.NotBefore = notBefore;
        session.Append(job, new JobRetried(reason));
        session.Notices.Queue();
    }

    /// <summary>The job has ended.</summary>
    public static void End(this StoreSession session, JobRow job, TimeSpan kept, GenerationFault? fault = null, JobResult? result = null)
    {
        Unhold(job);
        job.EndedAt = session.Now;
        job.ExpiresAt = session.Now + Moment.Of(kept);
        job.Fault = StoredJson.Write(fault);
        job.Result = StoredJson.Write(result);
        session.Append(job, new JobEnded(job.State, fault));
        session.Notices.Ended();
        if (job is { WebhookOnEnd: true, WebhookAddress: not null })
        {
            session.Due(job, isStart: false);
        }
    }

    private static void Unhold(JobRow job) => (job.Gateway, job.LeaseUntil) = (null, null);
}
