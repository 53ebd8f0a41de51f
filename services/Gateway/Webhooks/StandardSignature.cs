using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>Signs as Standard Webhooks 1.0 says: HMAC-SHA256 over id, time and body, in the headers webhook-id, webhook-timestamp and webhook-signature.</summary>
internal sealed class StandardSignature(WebhookSecret secret, TimeProvider time)
{
    /// <summary>The headers of an attempt.</summary>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, string>>> HeadersAsync(
        WebhookDelivery delivery, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var (id, timestamp) = (IdOf(delivery), time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        var signature = Sign(await secret.KeyAsync(delivery.Job.Owner, cancellationToken), id, timestamp, body.Span);
        return [new("webhook-id", id), new("webhook-timestamp", timestamp), new("webhook-signature", $"v1,{Convert.ToBase64String(signature)}")];
    }

    /// <summary>What a receiver knows a webhook by when it comes twice.</summary>
    public static string IdOf(WebhookDelivery delivery) => $"msg_{delivery.Job.Id}_{(delivery.IsStart ? "start" : "end")}";

    /// <summary>HMAC-SHA256 over "{id}.{timestamp}.{body}".</summary>
    public static byte[] Sign(byte[] key, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
