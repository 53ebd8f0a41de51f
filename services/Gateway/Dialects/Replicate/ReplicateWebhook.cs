using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>The vendor's webhooks: the prediction object, signed as Standard Webhooks are. Output and logs are told with the end, when they are complete.</summary>
internal sealed class ReplicateWebhook(ReplicatePredictions predictions, StandardSignature signature) : IWebhookForm
{
    public static readonly string[] Events = ["start", "output", "logs", "completed"];

    // The vendor tries for a minute; a receiver that is away for longer still hears of it.
    private static readonly TimeSpan[] Delays = [.. new double[] { 1, 2, 4, 8, 16, 32, 300, 1800 }.Select(TimeSpan.FromSeconds)];

    public string Dialect => ReplicateEndpoints.DialectName;

    public IReadOnlyList<TimeSpan> RetryDelays => Delays;

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var job = delivery.Job;
        if (!delivery.IsStart && job.State != JobState.Succeeded && ReplicateExtra.Of(job).Events is { } events && !events.Any(name => name is "completed" or "logs"))
        {
            return WebhookMessage.None;
        }
        var body = await predictions.JsonAsync(job, job.BaseAddress, cancellationToken);
        return new WebhookMessage(body, await signature.HeadersAsync(delivery, body, cancellationToken));
    }

    /// <summary>Reads "webhook" and "webhook_events_filter", and notes what is wrong with them.</summary>
    /// <returns>Null target for none; null events for all.</returns>
    public static (WebhookTarget? Target, IReadOnlyList<string>? Events) Read(BodyFields fields, WebhookAddresses addresses)
    {
        var events = ReadEvents(fields);
        if (fields.Text("webhook", maxLength: 8192) is not { Length: > 0 } address)
        {
            return (null, null);
        }
        if (addresses.Check(address) is { } reason)
        {
            fields.Refuse("webhook", $"the address {reason}");
        }
        return (new WebhookTarget(address, OnStart: events?.Contains("start") ?? true, OnEnd: events?.Any(name => name != "start") ?? true), events);
    }

    private static string[]? ReadEvents(BodyFields fields)
    {
        const string Name = "webhook_events_filter";
        if (fields.Raw(Name) is not { } sent)
        {
            return null;
        }
        if (sent.ValueKind == System.Text.Json.JsonValueKind.Array && sent.GetArrayLength() <= Events.Length
            && sent.EnumerateArray().All(item => item.ValueKind == System.Text.Json.JsonValueKind.String && Events.Contains(item.GetString())))
        {
            return sent.GetArrayLength() == 0 ? null : [.. sent.EnumerateArray().Select(item => item.GetString()!).Distinct(StringComparer.Ordinal)];
        }
        fields.Refuse(Name, $"it is a list of {string.Join(", ", Events)}");
        return null;
    }
}
