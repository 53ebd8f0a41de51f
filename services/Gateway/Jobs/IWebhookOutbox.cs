namespace QwenMesh.Gateway.Jobs;

/// <summary>Webhooks that are due. They are kept in the transaction that makes them due, and delivered at least once.</summary>
internal interface IWebhookOutbox
{
    /// <summary>Takes those whose time has come, for a while: then they come again, and an attempt that nothing was noted of does not count.</summary>
    Task<IReadOnlyList<WebhookDelivery>> ClaimAsync(int most, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>It is delivered.</summary>
    Task DeliveredAsync(WebhookDelivery delivery, CancellationToken cancellationToken);

    /// <summary>It is not; tried again at a time, or given up.</summary>
    Task FailedAsync(WebhookDelivery delivery, DateTimeOffset? retryAt, string reason, CancellationToken cancellationToken);

    /// <summary>Nobody is at them any more: they may be taken at once.</summary>
    Task FreeAsync(IReadOnlyCollection<WebhookDelivery> deliveries, CancellationToken cancellationToken);
}

/// <param name="Id">Of the webhook; the same at every attempt.</param>
/// <param name="Job">As it is now.</param>
/// <param name="Address">Where to.</param>
/// <param name="IsStart">That it begins; else that it has ended.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="HeldUntil">When others may take it; tells one taking from the next.</param>
internal sealed record WebhookDelivery(long Id, Job Job, string Address, bool IsStart, int Attempt, DateTimeOffset HeldUntil = default);
