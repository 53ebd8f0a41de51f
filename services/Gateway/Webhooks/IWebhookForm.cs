using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>How a dialect tells a client of a job. One for each dialect that has webhooks, registered as a singleton; the form of "" serves the others.</summary>
internal interface IWebhookForm
{
    /// <summary>Longest that any receiver may take.</summary>
    static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(1);

    /// <summary><see cref="Job.Dialect"/> of the jobs that it words.</summary>
    string Dialect { get; }

    /// <summary>What the receiver may take until the status of its answer. Default 15 s; at most <see cref="MaxTimeout"/>.</summary>
    TimeSpan Timeout => TimeSpan.FromSeconds(15);

    /// <summary>Pauses before the second attempt, the third, and so on; after the last attempt it is given up. Each is varied by a fifth.</summary>
    IReadOnlyList<TimeSpan> RetryDelays => WebhookRetries.Default;

    /// <summary>Words it, anew at every attempt: signatures carry the time.</summary>
    ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken);
}
