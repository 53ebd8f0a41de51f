namespace QwenMesh.Gateway.Webhooks;

/// <summary>When a webhook is tried again.</summary>
internal static class WebhookRetries
{
    private const double Variation = 0.2;

    /// <summary>For forms whose vendor says nothing: seven attempts within eight hours, while results can still be fetched.</summary>
    public static IReadOnlyList<TimeSpan> Default { get; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
    ];

    /// <summary>The pause after an attempt; null when it was the last. Varied, so that a receiver that was away is not met by all at once.</summary>
    /// <param name="delays">Of the form.</param>
    /// <param name="attempt">That has failed, from 1.</param>
    /// <param name="random">0 to 1.</param>
    public static TimeSpan? After(IReadOnlyList<TimeSpan> delays, int attempt, double random) =>
        attempt - 1 < delays.Count ? delays[attempt - 1] * (1 - Variation + (2 * Variation * random)) : null;
}
