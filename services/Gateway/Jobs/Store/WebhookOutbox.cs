using Microsoft.EntityFrameworkCore;

namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Webhooks in the jobs' database.</summary>
internal sealed class WebhookOutbox(StoreTransactions transactions, StoreDatabase database) : IWebhookOutbox
{
    public Task<IReadOnlyList<WebhookDelivery>> ClaimAsync(int most, TimeSpan lease, CancellationToken cancellationToken) =>
        transactions.WriteAsync<IReadOnlyList<WebhookDelivery>>(async session =>
        {
            var webhooks = await database.LockFreeWebhooks(session.Db, $"SELECT * FROM webhooks WHERE due_at <= {session.Now} ORDER BY due_at, id LIMIT {most}")
                .ToListAsync(cancellationToken);
            string[] ids = [.. webhooks.Select(webhook => webhook.JobId)];
            var jobs = await session.Db.Jobs.Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, JobRows.Job, cancellationToken);
            var until = session.Now + Moment.Of(lease);
            webhooks.ForEach(webhook => webhook.DueAt = until);
            return
            [
                .. webhooks.Select(webhook => new WebhookDelivery(
                    webhook.Id, jobs[webhook.JobId], webhook.Address, webhook.IsStart, webhook.Attempt + 1, Moment.Time(until))),
            ];
        }, cancellationToken);

    public Task DeliveredAsync(WebhookDelivery delivery, CancellationToken cancellationToken) =>
        transactions.WriteAsync(session => session.Db.Webhooks.Where(row => row.Id == delivery.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.DueAt, (long?)null).SetProperty(row => row.Reason, (string?)null), cancellationToken), cancellationToken);

    public Task FailedAsync(WebhookDelivery delivery, DateTimeOffset? retryAt, string reason, CancellationToken cancellationToken)
    {
        long? due = retryAt is { } time ? Moment.Of(time) : null;
        return transactions.WriteAsync(
            session => Held(session, delivery).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.Attempt, delivery.Attempt).SetProperty(row => row.DueAt, due).SetProperty(row => row.Reason, reason), cancellationToken),
            cancellationToken);
    }

    public Task FreeAsync(IReadOnlyCollection<WebhookDelivery> deliveries, CancellationToken cancellationToken) => transactions.WriteAsync(async session =>
    {
        var freed = 0;
        foreach (var delivery in deliveries)
        {
            freed += await Held(session, delivery).ExecuteUpdateAsync(set => set.SetProperty(row => row.DueAt, session.Now), cancellationToken);
        }
        return freed;
    }, cancellationToken);

    // Of an attempt that took longer than its lease another one may be under way, or done.
    private static IQueryable<WebhookRow> Held(StoreSession session, WebhookDelivery delivery)
    {
        var until = Moment.Of(delivery.HeldUntil);
        return session.Db.Webhooks.Where(row => row.Id == delivery.Id && row.DueAt == until);
    }
}
