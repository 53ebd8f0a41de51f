using Microsoft.EntityFrameworkCore;
using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Records of guardrails in the jobs' database.</summary>
internal sealed class AuditTrail(StoreTransactions transactions, StoreDatabase database) : IAuditTrail
{
    // Of one transaction.
    private const int ForgottenAtATime = 1000;

    public async Task RecordAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        var id = TimedId.New(record.At);
        try
        {
            await transactions.WriteAsync(session =>
            {
                session.Db.Audit.Add(new AuditRow
                {
                    Id = id,
                    At = Moment.Of(record.At),
                    Owner = record.Owner,
                    Job = record.Job,
                    Subject = record.Subject,
                    Rule = record.Rule,
                    Digest = record.Digest,
                });
                return Task.FromResult(true);
            }, cancellationToken);
        }
        catch (DbUpdateException exception) when (database.IsDuplicate(exception))
        {
            // Written by the first try of this call, whose answer was lost.
        }
    }

    public async Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var least = TimedId.Least(before);
        int removed;
        do
        {
#pragma warning disable CA1309 // It becomes SQL, whose comparison is the database's.
            removed = await transactions.WriteAsync(
                session => session.Db.Audit.Where(row => string.Compare(row.Id, least) < 0).OrderBy(row => row.Id).Take(ForgottenAtATime).ExecuteDeleteAsync(cancellationToken),
                cancellationToken);
#pragma warning restore CA1309
        }
        while (removed == ForgottenAtATime);
    }

    public Task<IReadOnlyList<AuditRecord>> ListAsync(int most, CancellationToken cancellationToken) => transactions.ReadAsync<IReadOnlyList<AuditRecord>>(async db =>
    {
        var rows = await db.Audit.OrderByDescending(row => row.Id).Take(most).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new AuditRecord(Moment.Time(row.At), row.Owner, row.Job, row.Subject, row.Rule, row.Digest))];
    }, cancellationToken);
}
