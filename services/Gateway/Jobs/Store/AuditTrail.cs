using Microsoft.EntityFrameworkCore;
using QwenMesh.Gateway.Guardrails;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Records of guardrails in the jobs' database.</summary>
internal sealed class AuditTrail(StoreTransactions transactions, StoreDatabase database) : IAuditTrail
{
    public async Task RecordAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(record.At).ToString();
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

    public Task<IReadOnlyList<AuditRecord>> ListAsync(int most, CancellationToken cancellationToken) => transactions.ReadAsync<IReadOnlyList<AuditRecord>>(async db =>
    {
        var rows = await db.Audit.OrderByDescending(row => row.Id).Take(most).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new AuditRecord(Moment.Time(row.At), row.Owner, row.Job, row.Subject, row.Rule, row.Digest))];
    }, cancellationToken);
}
