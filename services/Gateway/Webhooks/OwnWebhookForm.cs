using System.Text.Encodings.Web;
using System.Text.Json;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>The Gateway's own form: {"type","timestamp","data":{"id","state","model","images","error"}}, as Standard Webhooks recommends.</summary>
internal sealed class OwnWebhookForm(FileUrls urls, StandardSignature signature, TimeProvider time) : IWebhookForm
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Dialect => "";

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var job = delivery.Job;
        using var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body, Compact))
        {
            json.WriteStartObject();
            json.WriteString("type", delivery.IsStart ? "job.started" : $"job.{Word(job.State)}");
            json.WriteString("timestamp", (delivery.IsStart ? job.StartedAt : job.EndedAt) ?? time.GetUtcNow());
            json.WriteStartObject("data");
            json.WriteString("id", job.Id);
            json.WriteString("state", Word(job.State));
            json.WriteString("model", job.Request.Model);
            await WriteImagesAsync(json, job, cancellationToken);
            WriteError(json, job.Fault);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        ReadOnlyMemory<byte> written = body.GetBuffer().AsMemory(0, (int)body.Length);
        return new WebhookMessage(written, await signature.HeadersAsync(delivery, written, cancellationToken));
    }

    private static string Word(JobState state) => state.ToString().ToLowerInvariant();

    private async Task WriteImagesAsync(Utf8JsonWriter json, Job job, CancellationToken cancellationToken)
    {
        json.WriteStartArray("images");
        foreach (var picture in job.Result?.Pictures ?? [])
        {
            var key = BlobKeys.Result(job.Id, picture.Fence, picture.Number);
            json.WriteStartObject();
            json.WriteString("url", picture.IsFiltered
                ? null
                : await urls.ForAsync(job.BaseAddress, key, job.Request.Format.MediaType(), job.ExpiresAt, cancellationToken));
            json.WriteNumber("seed", picture.Seed);
            json.WriteNumber("width", picture.Size.Width);
            json.WriteNumber("height", picture.Size.Height);
            json.WriteBoolean("filtered", picture.IsFiltered);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteError(Utf8JsonWriter json, GenerationFault? fault)
    {
        if (fault is null)
        {
            json.WriteNull("error");
            return;
        }
        json.WriteStartObject("error");
        json.WriteNumber("status", fault.HttpStatus);
        json.WriteString("detail", fault.Detail);
        json.WriteEndObject();
    }
}
