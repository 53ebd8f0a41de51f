using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>What fal.ai posts when a request has ended: {"request_id","gateway_request_id","status":"OK"|"ERROR","payload",...}.</summary>
internal sealed class FalWebhook(FalImages images, StandardSignature signature) : IWebhookForm
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Dialect => "fal";

    /// <summary>Ten within two hours, as the vendor's.</summary>
    public IReadOnlyList<TimeSpan> RetryDelays { get; } =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(4),
        TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(40),
    ];

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var body = await BodyAsync(delivery.Job, cancellationToken);
        return new WebhookMessage(body, await signature.HeadersAsync(delivery, body, cancellationToken));
    }

    private async Task<ReadOnlyMemory<byte>> BodyAsync(Job job, CancellationToken cancellationToken)
    {
        var failure = FalStatus.FailureOf(job);
        var shown = failure is null ? await images.OfAsync(job, job.BaseAddress, cancellationToken) : [];
        var buffer = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            json.WriteString("request_id", job.Id);
            json.WriteString("gateway_request_id", job.Id);
            json.WriteString("status", failure is null ? "OK" : "ERROR");
            json.WriteStartObject("payload");
            if (failure is null)
            {
                FalResult.Write(json, job, shown);
            }
            else
            {
                FalErrors.WriteDetail(json, failure);
            }
            json.WriteEndObject();
            if (failure is not null)
            {
                json.WriteString("error", failure.Detail);
            }
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
