using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>One attempt at one webhook: words it, posts it, and notes in the outbox what came of it.</summary>
internal sealed partial class WebhookAttempts(
    IWebhookOutbox outbox, WebhookForms forms, WebhookClient client, WebhookInstrumentation instrumentation, TimeProvider time, ILogger<WebhookAttempts> logger)
{
    /// <exception cref="OperationCanceledException">It was ended early; the webhook comes again when its lease passes.</exception>
    public async Task RunAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var form = forms.Of(delivery.Job);
        if (await PostAsync(form, delivery, cancellationToken) is not { } fault)
        {
            // The receiver has it: a stop that begins now must not let it come again.
            await outbox.DeliveredAsync(delivery, CancellationToken.None);
            instrumentation.Attempted(delivery.Job.Dialect, "delivered");
            return;
        }
        var pause = fault.IsFinal ? null : WebhookRetries.After(form.RetryDelays, delivery.Attempt, Random.Shared.NextDouble());
        await outbox.FailedAsync(delivery, pause is { } length ? time.GetUtcNow() + length : null, fault.Reason, CancellationToken.None);
        instrumentation.Attempted(delivery.Job.Dialect, pause is null ? "given_up" : "failed");
        if (pause is null)
        {
            LogGivenUp(logger, delivery.Job.Id, HostOf(delivery), delivery.Attempt, fault.Reason);
        }
        else
        {
            LogFailed(logger, delivery.Job.Id, HostOf(delivery), delivery.Attempt, fault.Reason);
        }
    }

    /// <summary>Host of its address. The rest of an address may hold a receiver's secret, and is not logged.</summary>
    public static string HostOf(WebhookDelivery delivery) => Uri.TryCreate(delivery.Address, UriKind.Absolute, out var address) ? address.Authority : "";

    private async Task<WebhookFault?> PostAsync(IWebhookForm form, WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        WebhookMessage message;
        try
        {
            message = await form.WriteAsync(delivery, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotWritten(logger, exception, delivery.Job.Id);
            return new WebhookFault("it could not be written", IsFinal: false);
        }
        return ReferenceEquals(message, WebhookMessage.None) ? null : await client.PostAsync(delivery.Address, message, form.Timeout, cancellationToken);
    }

    [LoggerMessage(460, LogLevel.Information, "The webhook of job {Job} to {Host} failed at attempt {Attempt}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string job, string host, int attempt, string reason);

    [LoggerMessage(461, LogLevel.Warning, "The webhook of job {Job} to {Host} is given up after attempt {Attempt}: {Reason}")]
    private static partial void LogGivenUp(ILogger logger, string job, string host, int attempt, string reason);

    [LoggerMessage(462, LogLevel.Error, "The webhook of job {Job} could not be written")]
    private static partial void LogNotWritten(ILogger logger, Exception exception, string job);
}
