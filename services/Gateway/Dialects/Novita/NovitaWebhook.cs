using System.Buffers;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>{"event_type":"ASYNC_TASK_RESULT","payload":{...}}: 5 s for the receiver, and up to five retries. The vendor signs nothing.</summary>
internal sealed class NovitaWebhook(NovitaResult results) : IWebhookForm
{
    public string Dialect => NovitaEndpoints.Key;

    public TimeSpan Timeout => TimeSpan.FromSeconds(5);

    public IReadOnlyList<TimeSpan> RetryDelays { get; } =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10)];

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var payload = await results.OfAsync(delivery.Job, delivery.Job.BaseAddress, cancellationToken);
        var body = new ArrayBufferWriter<byte>();
        JsonAnswer.Write(body, json =>
        {
            json.WriteString("event_type", "ASYNC_TASK_RESULT");
            json.WriteStartObject("payload");
            payload(json);
            json.WriteEndObject();
        });
        return new WebhookMessage(body.WrittenMemory, []);
    }
}
