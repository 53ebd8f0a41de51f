using Microsoft.EntityFrameworkCore;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs.Store;

internal sealed partial class JobStore
{
    // Of one transaction; the rest comes in the next one.
    private const int MostRecovered = 200;

    private static readonly GenerationFault TooLate = new(null, FaultKind.DeadlineExceeded, "the job has waited past its deadline");

    public async Task<int> RecoverAsync(int mostLosses, Func<JobClaim, bool> isHeld, CancellationToken cancellationToken)
    {
        var all = 0;
        int recovered;
        do
        {
            recovered = await transactions.WriteAsync(session => RecoverSomeAsync(session, mostLosses, isHeld), cancellationToken);
            all += recovered;
        }
        while (recovered == MostRecovered);
        return all;
    }

    private async Task<int> RecoverSomeAsync(StoreSession session, int mostLosses, Func<JobClaim, bool> isHeld)
    {
        var lost = await database.LockFree(session.Db, $"SELECT * FROM jobs WHERE state = 1 AND lease_until <= {session.Now} ORDER BY lease_until LIMIT {MostRecovered}")
            .ToListAsync(session.Cancellation);
        lost.RemoveAll(job => isHeld(new JobClaim(job.Id, job.Fence)) || !job.TryMove(JobTrigger.LeaseExpired, mostLosses));
        foreach (var job in lost)
        {
            job.Fence++;
            if (job.State == JobState.Queued)
            {
                session.Requeue(job, session.Now, "the Gateway that ran it is not heard of any more");
            }
            else
            {
                session.End(job, Kept, job.State == JobState.Failed ? LostTooOften(job.Losses) : null);
            }
        }
        var late = await database.LockFree(session.Db, $"SELECT * FROM jobs WHERE state = 0 AND deadline <= {session.Now} ORDER BY id LIMIT {MostRecovered - lost.Count}")
            .ToListAsync(session.Cancellation);
        late.RemoveAll(job => !job.TryMove(JobTrigger.DeadlinePassed));
        foreach (var job in late)
        {
            job.Fence++;
            session.End(job, Kept, TooLate);
        }
        return lost.Count + late.Count;
    }

    private static GenerationFault LostTooOften(int losses) =>
        new(null, FaultKind.Internal, $"the Gateways that ran the job were lost {losses} times");
}
