using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Tests.Fal;

/// <summary>What a client is told when its request has ended.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task A_result_is_the_payload()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var submitted = await mesh.Gateway.SubmitAsync();
        await mesh.Gateway.UntilAsync(submitted, "COMPLETED");
        var (body, message) = await WordAsync(mesh, submitted);
        var id = submitted.TextAt("request_id");
        var result = await mesh.Gateway.GetAsync(submitted.TextAt("response_url")!);
        Assert.Equal($$"""{"request_id":"{{id}}","gateway_request_id":"{{id}}","status":"OK","payload":{{result.Text}}}""", body);
        Assert.Equal(["webhook-id", "webhook-timestamp", "webhook-signature"], message.Headers.Select(header => header.Key));
    }

    [Fact]
    public async Task A_failure_is_the_payload_with_its_reason()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.AlwaysFail = new RpcException(new Status(StatusCode.InvalidArgument, "too many steps"));
        var submitted = await mesh.Gateway.SubmitAsync();
        await mesh.Gateway.UntilAsync(submitted, "COMPLETED");
        var (body, _) = await WordAsync(mesh, submitted);
        var reply = new JsonReply(200, body, submitted.Headers);
        Assert.Equal(["request_id", "gateway_request_id", "status", "payload", "error"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("ERROR", "value_error"), (reply.TextAt("status"), reply.TextAt("payload.detail.0.type")));
        Assert.Contains("too many steps", reply.TextAt("error"), StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_attempts_are_repeated_within_two_hours()
    {
        IWebhookForm form = new Gateway.Dialects.Fal.FalWebhook(images: null!, signature: null!);
        Assert.Equal((10, TimeSpan.FromSeconds(15)), (form.RetryDelays.Count, form.Timeout));
        Assert.True(form.RetryDelays.Aggregate(TimeSpan.Zero, (sum, delay) => sum + delay) <= TimeSpan.FromHours(2));
    }

    private static async Task<(string Body, WebhookMessage Message)> WordAsync(FakeMesh mesh, JsonReply submitted)
    {
        var job = await mesh.Gateway.Services.GetRequiredService<JobQueue>().FindAsync(submitted.TextAt("request_id")!, owner: "", TestContext.Current.CancellationToken);
        var form = mesh.Gateway.Services.GetServices<IWebhookForm>().Single(form => form.Dialect == job!.Dialect);
        var message = await form.WriteAsync(new WebhookDelivery(1, job!, "https://example.com/hook", IsStart: false, Attempt: 1), TestContext.Current.CancellationToken);
        return (Encoding.UTF8.GetString(message.Body.Span), message);
    }
}
