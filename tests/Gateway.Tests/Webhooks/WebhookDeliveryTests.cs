using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Fal;
using QwenMesh.Gateway.Tests.Novita;
using QwenMesh.Gateway.Tests.WaveSpeed;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>What comes to a client's own server, for each dialect that has webhooks: once, with its body, its headers and its signature.</summary>
public sealed class WebhookDeliveryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_Gateways_own_form_is_signed_as_Standard_Webhooks_are()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await FakeMesh.StartAsync(settings: WebhookReceiver.Settings(), services: PatientForm.Register);
        var job = await mesh.Gateway.TellAsync(receiver.Address, dialect: "");
        var webhook = await OnlyAsync(mesh, receiver);
        await CheckStandardSignatureAsync(mesh, webhook);
        Assert.Equal($"msg_{job.Id}_end", webhook.Id);
        var body = new JsonReply(200, webhook.Body, webhook.Headers);
        Assert.Equal(["type", "timestamp", "data"], body.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("job.succeeded", job.Id, "succeeded", 7, 256), (body.TextAt("type"), body.TextAt("data.id"), body.TextAt("data.state"), body.At("data.images.0.seed").GetInt32(), body.At("data.images.0.width").GetInt32()));
        Assert.Equal(JsonValueKind.Null, body.At("data.error").ValueKind);
        Assert.NotEmpty(await mesh.Gateway.Http.GetByteArrayAsync(new Uri(body.TextAt("data.images.0.url")!), Stop));
    }

    [Fact]
    public async Task Of_fal()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await FakeMesh.StartAsync(settings: WebhookReceiver.Settings(), services: PatientForm.Register);
        var submitted = await mesh.Gateway.SubmitAsync(model: $"qwen-image?fal_webhook={Uri.EscapeDataString(receiver.Address)}");
        var webhook = await OnlyAsync(mesh, receiver);
        await CheckStandardSignatureAsync(mesh, webhook);
        var (id, result) = (submitted.TextAt("request_id"), await mesh.Gateway.GetAsync(submitted.TextAt("response_url")!));
        Assert.Equal($$"""{"request_id":"{{id}}","gateway_request_id":"{{id}}","status":"OK","payload":{{result.Text}}}""", webhook.Body);
    }

    [Fact]
    public async Task Of_Novita()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await FakeMesh.StartAsync(settings: WebhookReceiver.Settings(), services: PatientForm.Register);
        var id = await NovitaCalls.SubmitAsync(mesh.Gateway, "qwen-image-txt2img", new { prompt = "x", size = "256*256", extra = new { webhook = new { url = receiver.Address } } });
        var webhook = await OnlyAsync(mesh, receiver);
        Assert.DoesNotContain(webhook.Headers.Keys, name => name.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase));
        var (body, result) = (JsonElement.Parse(webhook.Body), await NovitaCalls.ResultAsync(mesh.Gateway, id));
        Assert.Equal("ASYNC_TASK_RESULT", body.GetProperty("event_type").GetString());
        Assert.Equal(result.GetProperty("task").GetRawText(), body.GetProperty("payload").GetProperty("task").GetRawText());
        Assert.Equal(256, (await NovitaCalls.FetchAsync(mesh.Gateway, body.GetProperty("payload"))).Width);
    }

    [Fact]
    public async Task Of_WaveSpeed_signed_with_the_text_of_the_secret()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await FakeMesh.StartAsync(settings: WebhookReceiver.Settings(), services: PatientForm.Register);
        var path = $"{WaveSpeedCalls.Family}/text-to-image?webhook={Uri.EscapeDataString(receiver.Address)}";
        var submitted = await WaveSpeedCalls.PostAsync(mesh.Gateway, path, new { prompt = "x", size = "256*256" });
        var webhook = await OnlyAsync(mesh, receiver);
        var secret = (await WaveSpeedCalls.GetAsync(mesh.Gateway, "/api/v3/webhook/secret")).GetProperty("secret").GetString()!;
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret[WebhookSecret.Prefix.Length..]), Signed(webhook));
        Assert.Equal($"v3,{Convert.ToHexStringLower(expected)}", webhook.Headers["webhook-signature"]);
        var body = JsonElement.Parse(webhook.Body);
        Assert.Equal((WaveSpeedCalls.Id(submitted), "completed"), (WaveSpeedCalls.Id(body), WaveSpeedCalls.Status(body)));
        Assert.Equal(256, (await WaveSpeedCalls.FetchAsync(mesh.Gateway, body)).Width);
    }

    [Fact]
    public async Task Of_Replicate_at_the_start_and_at_the_end()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await FakeMesh.StartAsync(settings: WebhookReceiver.Settings(), services: PatientForm.Register);
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var submitted = await mesh.Gateway.CallAsync(
            HttpMethod.Post, "/v1/models/qwen/qwen-image/predictions", $$$"""{"input":{"prompt":"x","image_size":"optimize_for_speed"},"webhook":"{{{receiver.Address}}}"}""");
        Assert.Equal(202, submitted.Status);
        var started = Assert.Single(await receiver.UntilAsync(1));
        hold.SetResult();
        await mesh.Gateway.DoneAsync(2);

        Assert.Equal(2, receiver.Received.Count);
        var ended = receiver.Received[1];
        foreach (var (webhook, kind) in new[] { (started, "start"), (ended, "end") })
        {
            await CheckStandardSignatureAsync(mesh, webhook);
            Assert.Equal($"msg_{submitted.TextAt("id")}_{kind}", webhook.Id);
        }
        Assert.Equal("processing", JsonElement.Parse(started.Body).GetProperty("status").GetString());
        Assert.Equal((await mesh.Gateway.CallAsync(HttpMethod.Get, $"/v1/predictions/{submitted.TextAt("id")}")).Text, ended.Body);
    }

    // Once, as nothing is due any more.
    private static async Task<ReceivedWebhook> OnlyAsync(FakeMesh mesh, WebhookReceiver receiver)
    {
        Assert.Equal((0, null), (await mesh.Gateway.DoneAsync()).Select(row => (row.Attempt, row.Reason)).Single());
        var webhook = Assert.Single(receiver.Received);
        Assert.Equal(("POST", "/hook", "application/json", "QwenMesh"), (webhook.Method, webhook.Path, webhook.ContentType, webhook.Headers["User-Agent"]));
        Assert.DoesNotContain("traceparent", webhook.Headers.Keys);
        return webhook;
    }

    // With the secret as any client gets it, and nothing of the Gateway's own code.
    private static async Task CheckStandardSignatureAsync(FakeMesh mesh, ReceivedWebhook webhook)
    {
        var secret = (await mesh.Gateway.CallAsync(HttpMethod.Get, "/v1/webhooks/default/secret")).TextAt("key")!;
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        var expected = HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Signed(webhook));
        Assert.Equal($"v1,{Convert.ToBase64String(expected)}", webhook.Headers["webhook-signature"]);
    }

    private static byte[] Signed(ReceivedWebhook webhook)
    {
        var time = webhook.Headers["webhook-timestamp"];
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(time, CultureInfo.InvariantCulture)), DateTimeOffset.UtcNow.AddSeconds(-300), DateTimeOffset.UtcNow.AddSeconds(1));
        return Encoding.UTF8.GetBytes($"{webhook.Id}.{time}.{webhook.Body}");
    }
}
