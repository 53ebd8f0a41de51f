using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>What a submission to the queue says beside its body.</summary>
internal static class FalSubmission
{
    private const string PriorityHeader = "x-fal-queue-priority";
    private const string WebhookQuery = "fal_webhook";
    private const int MaxAddress = 2048;

    /// <summary>Behind others when it is low.</summary>
    /// <exception cref="DialectException">It is none of the vendor's words.</exception>
    public static int Priority(HttpRequest request) => request.Headers[PriorityHeader].ToString().Trim().ToLowerInvariant() switch
    {
        "" or "normal" => 0,
        "low" => -1,
        var other => throw new DialectException(DialectErrorKind.InvalidRequest, $"{PriorityHeader} is 'normal' or 'low', not '{Echo.Cut(other)}'"),
    };

    /// <summary>Null when nobody is to be told.</summary>
    /// <exception cref="DialectException">It is no address.</exception>
    public static WebhookTarget? Webhook(HttpRequest request)
    {
        var text = request.Query[WebhookQuery].ToString();
        if (text.Length == 0)
        {
            return null;
        }
        return text.Length <= MaxAddress && Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            ? new WebhookTarget(address.AbsoluteUri)
            : throw new DialectException(DialectErrorKind.InvalidRequest, $"{WebhookQuery} must be an http or https address of at most {MaxAddress} characters");
    }
}
