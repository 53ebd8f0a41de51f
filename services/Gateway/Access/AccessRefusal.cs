namespace QwenMesh.Gateway.Access;

/// <summary>Why a caller is not served.</summary>
internal enum AccessRefusalKind
{
    /// <summary>No key, or an unknown one.</summary>
    Unauthenticated,

    /// <summary>The key is known, and does not allow it.</summary>
    Forbidden,

    /// <summary>Too many requests, in a minute or at a time.</summary>
    RateLimited,
}

/// <param name="Kind">Which answer it gets.</param>
/// <param name="Reason">For the metric: missing, unknown, disabled, rules, rate, inquiries or concurrency.</param>
/// <param name="Detail">For people.</param>
internal sealed record AccessRefusal(AccessRefusalKind Kind, string Reason, string Detail)
{
    /// <summary>When another request is taken; null when nobody knows.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
