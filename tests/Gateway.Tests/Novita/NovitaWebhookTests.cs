using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Webhooks;
using static QwenMesh.Gateway.Tests.Novita.NovitaCalls;

namespace QwenMesh.Gateway.Tests.Novita;

/// <summary>What is posted when a task ends, and tests of that.</summary>
public sealed class NovitaWebhookTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_payload_is_what_task_result_says()
    {
        var id = await SubmitAsync(shared.Gateway, "qwen-image-txt2img", Drawing(new { url = "https://example.com/hook" }));
        var payload = await PayloadAsync(id, await EndAsync(shared.Gateway, id));
        Assert.Equal(512, (await FetchAsync(shared.Gateway, payload)).Width);
        Assert.Equal(30, shared.Mesh.Denoiser.Service.Requests.Last().Parameters.NumInferenceSteps);
    }

    [Theory]
    [InlineData("TASK_STATUS_SUCCEED", 1)]
    [InlineData("TASK_STATUS_FAILED", 0)]
    [InlineData(null, 1)]
    public async Task A_test_ends_as_it_was_asked_to_after_one_step(string? status, int images)
    {
        var id = await SubmitAsync(
            shared.Gateway, "qwen-image-txt2img", Drawing(new { url = "https://example.com/hook", test_mode = new { enabled = true, return_task_status = status } }));
        var payload = await PayloadAsync(id, await EndAsync(shared.Gateway, id));
        Assert.Equal((status ?? "TASK_STATUS_SUCCEED", images), (Status(payload), payload.GetProperty("images").GetArrayLength()));
        Assert.Equal(1, shared.Mesh.Denoiser.Service.Requests.Last().Parameters.NumInferenceSteps);
    }

    [Fact]
    public async Task A_test_that_is_not_enabled_is_none()
    {
        var id = await SubmitAsync(
            shared.Gateway, "qwen-image-txt2img",
            Drawing(new { url = "https://example.com/hook", test_mode = new { enabled = false, return_task_status = "TASK_STATUS_FAILED" } }));
        Assert.Equal("TASK_STATUS_SUCCEED", Status(await EndAsync(shared.Gateway, id)));
    }

    private static object Drawing(object webhook) => new { prompt = "x", size = "512*512", extra = new { webhook } };

    private async Task<JsonElement> PayloadAsync(string id, JsonElement result)
    {
        var services = shared.Gateway.Services;
        var job = await services.GetRequiredService<JobQueue>().FindAsync(id, "", Stop);
        var form = services.GetServices<IWebhookForm>().Single(form => form.Dialect == job!.Dialect);
        var message = await form.WriteAsync(new WebhookDelivery(1, job!, "https://example.com/hook", IsStart: false, Attempt: 1), Stop);
        Assert.Equal((TimeSpan.FromSeconds(5), 5), (form.Timeout, form.RetryDelays.Count));
        Assert.Empty(message.Headers);
        var body = JsonElement.Parse(message.Body.Span);
        Assert.Equal("ASYNC_TASK_RESULT", body.GetProperty("event_type").GetString());
        Assert.Equal(result.GetProperty("task").GetRawText(), body.GetProperty("payload").GetProperty("task").GetRawText());
        return body.GetProperty("payload");
    }
}
