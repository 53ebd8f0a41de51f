using Microsoft.EntityFrameworkCore;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>What only the holder of a claim may write.</summary>
internal sealed partial class JobStore
{
    public Task<bool> AppendAsync(JobClaim claim, IReadOnlyList<JobEventData> events, Appending call, CancellationToken cancellationToken) =>
        transactions.WriteAsync(async session =>
        {
            if (await session.LockAsync(claim.Id) is not { State: JobState.Running } job || job.Fence != claim.Fence)
            {
                return false;
            }
            if (!(call.IsRepeated || session.IsRepeated) || !await session.Db.Events.AnyAsync(row => row.JobId == claim.Id && row.AppendToken == call.Token, cancellationToken))
            {
                session.Append(job, events, call.Token);
            }
            return true;
        }, cancellationToken);

    public Task<bool> EndAsync(JobClaim claim, IReadOnlyList<JobEventData> events, JobEnding ending, CancellationToken cancellationToken) =>
        transactions.WriteAsync(async session =>
        {
            if (await session.LockAsync(claim.Id) is not { } job || job.Fence != claim.Fence)
            {
                return false;
            }
            if (!job.TryMove(JobMachine.Ending(ending.State)))
            {
                // An end under this fence is the holder's own, of a call whose answer was lost: whoever else ends a job raises the fence.
                return job.State == ending.State;
            }
            session.Append(job, events);
            session.End(job, Kept, ending.Fault, ending.Result);
            return true;
        }, cancellationToken);

    public Task<bool> ReleaseAsync(JobClaim claim, DateTimeOffset notBefore, string reason, CancellationToken cancellationToken) =>
        transactions.WriteAsync(async session =>
        {
            if (await session.LockAsync(claim.Id) is not { } job || job.Fence != claim.Fence)
            {
                return false;
            }
            if (!job.TryMove(JobTrigger.Release))
            {
                return job.State is JobState.Queued or JobState.Cancelled; // As above.
            }
            if (job.State == JobState.Queued)
            {
                session.Requeue(job, Moment.Of(notBefore), reason);
            }
            else
            {
                session.End(job, Kept);
            }
            return true;
        }, cancellationToken);
}
