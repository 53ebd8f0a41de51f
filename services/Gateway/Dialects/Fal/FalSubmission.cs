using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>What a submission to the queue says beside its body.</summary>
internal static class FalSubmission
{
    private const string PriorityHeader = "x-fal-queue-priority";
    private const string WebhookQuery = "fal_webhook";

    /// <summary>Behind others when it is low.</summary>
    /// <exception cref="DialectException">It is none of the vendor's words.</exception>
    public static int Priority(HttpRequest request) => request.Headers[PriorityHeader].ToString().Trim().ToLowerInvariant() switch
    {
        "" or "normal" => 0,
        "low" => -1,
        var other => throw new DialectException(DialectErrorKind.InvalidRequest, $"{PriorityHeader} is 'normal' or 'low', not '{Echo.Cut(other)}'"),
    };

    /// <summary>Null when nobody is to be told.</summary>
    /// <exception cref="DialectException">It is an address that is not called.</exception>
    public static WebhookTarget? Webhook(HttpRequest request, WebhookAddresses addresses)
    {
        var text = request.Query[WebhookQuery].ToString();
        if (text.Length == 0)
        {
            return null;
        }
        return addresses.Check(text) is { } reason
            ? throw new DialectException(DialectErrorKind.InvalidRequest, $"{WebhookQuery} {reason}")
            : new WebhookTarget(text);
    }
}
