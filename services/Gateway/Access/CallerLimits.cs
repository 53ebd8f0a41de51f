using System.Threading.RateLimiting;

namespace QwenMesh.Gateway.Access;

/// <summary>
/// Counts each caller's requests. A limiter belongs to a key's id and its limit, so that a key that changes gets a new one, and is forgotten when nobody
/// has used it for a while.
/// </summary>
internal sealed class CallerLimits : IDisposable
{
    private readonly PartitionedRateLimiter<ApiKey> _places = PartitionedRateLimiter.Create<ApiKey, (string, int)>(key => key.ConcurrentRequests == 0
        ? RateLimitPartition.GetNoLimiter((key.Id, 0))
        : RateLimitPartition.GetConcurrencyLimiter((key.Id, key.ConcurrentRequests), limit => new ConcurrencyLimiterOptions { PermitLimit = limit.Item2, QueueLimit = 0 }));

    private readonly PartitionedRateLimiter<ApiKey> _requests = Rate(key => (key.Id, key.RequestsPerMinute, key.Burst));

    private readonly PartitionedRateLimiter<ApiKey> _inquiries = Rate(key => (key.Id, key.InquiriesPerMinute, key.InquiriesPerMinute));

    /// <summary>Takes a place of a caller for a request; null with the reason when there is none.</summary>
    public (RateLimitLease? Place, AccessRefusal? Refusal) Take(ApiKey key, bool draws)
    {
        if (!draws)
        {
            return (null, Rate(_inquiries, key, "inquiries", key.InquiriesPerMinute));
        }
        // The place first: a request that finds none does not count for the rate.
        var place = _places.AttemptAcquire(key);
        if (!place.IsAcquired)
        {
            place.Dispose();
            return (null, new AccessRefusal(AccessRefusalKind.RateLimited, "concurrency", $"this caller may have {key.ConcurrentRequests} requests at a time"));
        }
        if (Rate(_requests, key, "rate", key.RequestsPerMinute) is { } refusal)
        {
            place.Dispose();
            return (null, refusal);
        }
        return (place, null);
    }

    public void Dispose()
    {
        _places.Dispose();
        _requests.Dispose();
        _inquiries.Dispose();
    }

    private static AccessRefusal? Rate(PartitionedRateLimiter<ApiKey> limiter, ApiKey key, string reason, int most)
    {
        using var lease = limiter.AttemptAcquire(key);
        return lease.IsAcquired ? null : new AccessRefusal(AccessRefusalKind.RateLimited, reason, $"this caller may send {most} such requests a minute")
        {
            RetryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : null,
        };
    }

    // One token at a time, so that a caller who waits as long as it is told gets the next one.
    private static PartitionedRateLimiter<ApiKey> Rate(Func<ApiKey, (string Id, int PerMinute, int Burst)> of) =>
        PartitionedRateLimiter.Create<ApiKey, (string Id, int PerMinute, int Burst)>(key => of(key) is { PerMinute: > 0 } limit
            ? RateLimitPartition.GetTokenBucketLimiter(limit, rate => new TokenBucketRateLimiterOptions
            {
                TokenLimit = rate.Burst,
                TokensPerPeriod = 1,
                ReplenishmentPeriod = TimeSpan.FromMinutes(1) / rate.PerMinute,
                QueueLimit = 0,
            })
            : RateLimitPartition.GetNoLimiter((key.Id, 0, 0)));
}
