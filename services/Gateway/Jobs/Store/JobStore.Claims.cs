using Microsoft.EntityFrameworkCore;

namespace QwenMesh.Gateway.Jobs.Store;

internal sealed partial class JobStore
{
    public Task<IReadOnlyList<ClaimedJob>> ClaimAsync(string gateway, int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        var token = NewToken();
        return transactions.WriteAsync<IReadOnlyList<ClaimedJob>>(async session =>
        {
            if (session.IsRepeated && await ClaimedBeforeAsync(session, gateway, token) is { Count: > 0 } before)
            {
                return [.. before.Select(JobRows.Claimed)];
            }
            var jobs = await database.LockFree(session.Db,
                $"SELECT * FROM jobs WHERE state = 0 AND not_before <= {session.Now} AND deadline > {session.Now} ORDER BY priority DESC, id LIMIT {most}")
                .ToListAsync(cancellationToken);
            jobs.RemoveAll(job => !job.TryMove(JobTrigger.Claim));
            foreach (var job in jobs)
            {
                session.Claim(job, gateway, lease, token);
            }
            return [.. jobs.Select(JobRows.Claimed)];
        }, cancellationToken);
    }

    public Task<IReadOnlyList<HeldJob>> RenewAsync(string gateway, IReadOnlyList<JobClaim> claims, TimeSpan lease, CancellationToken cancellationToken) =>
        transactions.WriteAsync<IReadOnlyList<HeldJob>>(async session =>
        {
            var held = new List<HeldJob>();
            var fences = claims.ToLookup(claim => claim.Id, claim => claim.Fence);
            foreach (var job in await database.LockAsync(session.Db, [.. fences.Select(claim => claim.Key)], cancellationToken))
            {
                if (job.State == JobState.Running && fences[job.Id].Contains(job.Fence))
                {
                    job.LeaseUntil = session.Now + Moment.Of(lease);
                    held.Add(new HeldJob(new JobClaim(job.Id, job.Fence), job.CancelRequested));
                }
            }
            return held;
        }, cancellationToken);

    private static Task<List<JobRow>> ClaimedBeforeAsync(StoreSession session, string gateway, long token) => session.Db.Jobs
        .Where(row => row.State == JobState.Running && row.Gateway == gateway && row.ClaimToken == token).ToListAsync(session.Cancellation);

    private static long NewToken() => Random.Shared.NextInt64(1, long.MaxValue);
}
