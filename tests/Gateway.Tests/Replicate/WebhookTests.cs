using System.Text.Json;
using Grpc.Core;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Webhooks;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>Of which events a client is told.</summary>
public sealed class WebhookTests
{
    [Theory]
    [InlineData("""["start"]""", "start")]
    [InlineData("""["completed"]""", "end")]
    [InlineData("""["output"]""", "end")]
    [InlineData("""["logs"]""", "end")]
    [InlineData("""["start","output"]""", "start,end")]
    [InlineData("""["completed","start"]""", "start,end")]
    [InlineData("[]", "start,end")]
    [InlineData("null", "start,end")]
    public async Task Only_the_events_of_the_filter_are_told(string filter, string told) => Assert.Equal(told, await ToldAsync(filter, fails: false));

    [Theory]
    [InlineData("""["output"]""", "")]
    [InlineData("""["start","output"]""", "start")]
    [InlineData("""["output","logs"]""", "end")]
    [InlineData("""["completed"]""", "end")]
    [InlineData("null", "start,end")]
    public async Task A_prediction_that_fails_has_no_output_to_tell_of(string filter, string told) => Assert.Equal(told, await ToldAsync(filter, fails: true));

    [Fact]
    public async Task A_prediction_that_is_cancelled_is_completed()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await FakeMesh.StartAsync(settings: WebhookReceiver.Settings(("Gateway:MaxConcurrentGenerations", "1")));
        mesh.Hold();
        await mesh.Gateway.CreateAsync();
        await mesh.ReachedAsync();
        var waiting = await mesh.Gateway.CreateAsync(Body(receiver, "null"));
        await mesh.Gateway.CancelAsync(waiting);
        await mesh.Gateway.DoneAsync();
        Assert.Equal("canceled", JsonElement.Parse(Assert.Single(receiver.Received).Body).GetProperty("status").GetString());
    }

    // In their order by kind: that of the deliveries is not kept.
    private static async Task<string> ToldAsync(string filter, bool fails)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var mesh = await FakeMesh.StartAsync(settings: WebhookReceiver.Settings());
        if (fails)
        {
            mesh.Denoiser.Service.Calls.AlwaysFail = new RpcException(new Status(StatusCode.InvalidArgument, "too many steps"));
        }
        var created = await mesh.Gateway.CreateAsync(Body(receiver, filter));
        Assert.True(created.Status == 202, created.Text);
        await mesh.Gateway.UntilAsync(created, fails ? "failed" : "succeeded");
        var rows = await mesh.Gateway.OutboxAsync();
        await mesh.Gateway.DoneAsync(rows.Length);
        return string.Join(',', receiver.Received.Select(webhook => webhook.Id.Split('_')[^1]).OrderDescending(StringComparer.Ordinal));
    }

    private static string Body(WebhookReceiver receiver, string filter) =>
        $$$"""{"input":{"prompt":"x","aspect_ratio":"1:1","image_size":"optimize_for_speed"},"webhook":"{{{receiver.Address}}}","webhook_events_filter":{{{filter}}}}""";
}
