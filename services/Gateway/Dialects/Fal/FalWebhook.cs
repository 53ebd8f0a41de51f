using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>What fal.ai posts when a request has ended: {"request_id","gateway_request_id","status":"OK"|"ERROR","payload",...}.</summary>
internal sealed class FalWebhook(FalImages images)
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<byte[]> BodyAsync(Job job, CancellationToken cancellationToken)
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
        return buffer.WrittenSpan.ToArray();
    }
}
