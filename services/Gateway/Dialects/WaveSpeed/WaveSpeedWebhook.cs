using System.Buffers;
using System.Globalization;
using System.Text;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>
/// The prediction without its envelope, signed "v3,{hex}": HMAC-SHA256 of "{id}.{timestamp}.{body}". The key is the secret's text after "whsec_" as it is,
/// where Standard Webhooks decodes it.
/// </summary>
internal sealed class WaveSpeedWebhook(WaveSpeedPredictions predictions, WebhookSecret secret, TimeProvider time) : IWebhookForm
{
    public string Dialect => WaveSpeedEndpoints.Key;

    public async ValueTask<WebhookMessage> WriteAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var job = delivery.Job;
        var prediction = await predictions.OfAsync(job, job.BaseAddress, cancellationToken);
        var body = new ArrayBufferWriter<byte>();
        JsonAnswer.Write(body, json => prediction.Write(json, withInput: true));
        var (id, timestamp) = (StandardSignature.IdOf(delivery), time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        var key = Encoding.UTF8.GetBytes((await secret.TextAsync(delivery.Job.Owner, cancellationToken))[WebhookSecret.Prefix.Length..]);
        var signature = StandardSignature.Sign(key, id, timestamp, body.WrittenSpan);
        return new WebhookMessage(body.WrittenMemory,
        [
            new("webhook-id", id), new("webhook-timestamp", timestamp), new("webhook-signature", $"v3,{Convert.ToHexStringLower(signature)}"),
        ]);
    }
}
