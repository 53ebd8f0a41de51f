using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Gateway.Webhooks;
using static QwenMesh.Gateway.Tests.WaveSpeed.WaveSpeedCalls;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>What is posted when a prediction ends, and how it is signed.</summary>
public sealed class WaveSpeedWebhookTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_body_is_the_prediction_with_its_input_and_without_an_envelope()
    {
        var picture = "data:image/png;base64," + Convert.ToBase64String(EditFiles.Png(10, 64, 64));
        var completed = await EndAsync(shared.Gateway, await PostAsync(
            shared.Gateway, $"{Family}/edit?webhook=https://example.com/hook", new { prompt = "make it blue", image = picture, seed = 3 }));
        var body = JsonElement.Parse((await WriteAsync(Id(completed))).Body.Span);

        Assert.Equal(
            ["id", "model", "input", "outputs", "urls", "has_nsfw_contents", "status", "created_at", "error", "timings"], body.EnumerateObject().Select(field => field.Name));
        foreach (var field in completed.EnumerateObject())
        {
            Assert.Equal(field.Value.GetRawText(), body.GetProperty(field.Name).GetRawText());
        }
        var input = body.GetProperty("input");
        Assert.Equal(("make it blue", 3), (input.GetProperty("prompt").GetString(), input.GetProperty("seed").GetInt32()));
        Assert.Equal(picture[..32] + " ...", input.GetProperty("image").GetString());
    }

    [Fact]
    public async Task The_signature_is_made_with_the_text_of_the_secret()
    {
        var completed = await EndAsync(shared.Gateway, await PostAsync(shared.Gateway, $"{Family}/text-to-image", new { prompt = "x", size = "256*256" }));
        var message = await WriteAsync(Id(completed));
        var headers = message.Headers.ToDictionary(header => header.Key, header => header.Value);
        var secret = (await GetAsync(shared.Gateway, "/api/v3/webhook/secret")).GetProperty("secret").GetString()!;
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);

        var signed = Encoding.UTF8.GetBytes($"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{Encoding.UTF8.GetString(message.Body.Span)}");
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret["whsec_".Length..]), signed);
        Assert.Equal("v3," + Convert.ToHexStringLower(expected), headers["webhook-signature"]);
        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(sent, DateTimeOffset.UtcNow.AddSeconds(-300), DateTimeOffset.UtcNow.AddSeconds(1));
    }

    private async Task<WebhookMessage> WriteAsync(string id)
    {
        var services = shared.Gateway.Services;
        var job = await services.GetRequiredService<JobQueue>().FindAsync(id, "", Stop);
        var form = services.GetServices<IWebhookForm>().Single(form => form.Dialect == job!.Dialect);
        return await form.WriteAsync(new WebhookDelivery(1, job!, "https://example.com/hook", IsStart: false, Attempt: 1), Stop);
    }
}
