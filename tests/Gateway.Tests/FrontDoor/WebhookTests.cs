using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Webhooks;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>What a job of Submit posts when it has ended.</summary>
public sealed class WebhookTests
{
    private static readonly Dictionary<string, string?> Loopback = new() { ["Webhooks:PrivateNetworks:0"] = "127.0.0.0/8" };

    [Fact]
    public async Task The_end_is_posted_signed_and_with_the_pictures_address()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: Loopback);
        await using var receiver = await HookReceiver.StartAsync(503);
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var job = await client.SubmitAsync(request => request.Webhook = receiver.Url);
        var (refused, hook) = (await receiver.NextAsync(), await receiver.NextAsync());

        Assert.Equal(("POST", "/hook?job=1", "application/json"), (hook.Method, hook.Path, hook.Headers["content-type"]));
        Assert.Equal(refused.Headers["webhook-id"], hook.Headers["webhook-id"]);
        Assert.Equal(refused.Body, hook.Body);
        Assert.True(WebhookSecret.TryRead(await client.SecretAsync(), out var key));
        Assert.Equal(
            $"v1,{Convert.ToBase64String(StandardSignature.Sign(key, hook.Headers["webhook-id"], hook.Headers["webhook-timestamp"], hook.Body))}",
            hook.Headers["webhook-signature"]);
        var data = hook.Json.GetProperty("data");
        Assert.Equal(("job.succeeded", job.Id, "succeeded"), (hook.Json.GetProperty("type").GetString(), data.GetProperty("id").GetString(), data.GetProperty("state").GetString()));
        var image = Assert.Single(data.GetProperty("images").EnumerateArray());
        Assert.Equal((9, 512, false), (image.GetProperty("seed").GetInt32(), image.GetProperty("width").GetInt32(), image.GetProperty("filtered").GetBoolean()));
        var file = await mesh.Gateway.Http.GetByteArrayAsync(new Uri(image.GetProperty("url").GetString()!), TestContext.Current.CancellationToken);
        Assert.Equal(Assert.Single(DurableClient.Pictures(await client.EventsAsync(job.Id))).Value, file);
        Assert.Equal(ImageFormat.Png, ImageFormats.Sniff(file));
    }

    [Fact]
    public async Task A_cancelled_job_is_told_of_too()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: Loopback);
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        await using var receiver = await HookReceiver.StartAsync();
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        var job = await client.SubmitAsync(request => request.Webhook = receiver.Url);
        await client.CancelAsync(job.Id);
        var hook = await receiver.NextAsync();
        Assert.Equal("job.cancelled", hook.Json.GetProperty("type").GetString());
        Assert.Empty(hook.Json.GetProperty("data").GetProperty("images").EnumerateArray());
        Assert.Equal(GenerationJobState.Cancelled, (await client.GetAsync(job.Id)).State);
    }
}
