using Grpc.Core;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Fal;

/// <summary>What queue.fal.run answers.</summary>
public sealed class QueueTests
{
    private static readonly Dictionary<string, string?> OneAtATime = new() { ["Gateway:MaxConcurrentGenerations"] = "1" };

    [Fact]
    public async Task A_request_goes_through_its_states_to_its_result()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        var hold = Hold(mesh);
        var first = await mesh.Gateway.SubmitAsync(model: "qwen-image/lora");
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var second = await mesh.Gateway.SubmitAsync("""{"prompt":"x","image_size":"square","unknown":1}""");
        var third = await mesh.Gateway.SubmitAsync();

        var (id, url) = (third.TextAt("request_id"), $"{mesh.Gateway.Http.BaseAddress}queue/fal-ai/qwen-image/requests/{third.TextAt("request_id")}");
        Assert.Equal($$"""
            {"status":"IN_QUEUE","request_id":"{{id}}","response_url":"{{url}}","status_url":"{{url}}/status","cancel_url":"{{url}}/cancel","gateway_request_id":"{{id}}","queue_position":1}
            """, third.Text);
        Assert.Equal((id, "unknown"), (third.Headers["x-fal-request-id"], second.Headers["x-qwenmesh-ignored"]));
        Assert.Equal(third.Text.Replace($"\"gateway_request_id\":\"{id}\",", "", StringComparison.Ordinal), (await mesh.Gateway.UntilAsync(third, "IN_QUEUE")).Text);
        var running = await mesh.Gateway.UntilAsync(first, "IN_PROGRESS");
        Assert.Contains("started", Messages(running));
        Assert.Equal("[]", (await mesh.Gateway.GetAsync(first.TextAt("status_url")!)).At("logs").GetRawText());
        var early = await mesh.Gateway.GetAsync(first.TextAt("response_url")!);
        Assert.Equal((400, "Request is still in progress"), (early.Status, early.TextAt("detail")));

        hold.SetResult();
        var done = await mesh.Gateway.UntilAsync(third, "COMPLETED");
        Assert.Contains("image 1: encode done", Messages(done));
        Assert.Equal("completed", Messages(done)[^1]);
        Assert.True(done.At("metrics.inference_time").GetDouble() > 0);
        Assert.False(done.Json.TryGetProperty("error", out _));
        var result = await mesh.Gateway.GetAsync(third.TextAt("response_url")!);
        Assert.Equal((200, 512, "a red circle", id), (result.Status, result.At("images.0.width").GetInt32(), result.TextAt("prompt"), result.Headers["x-fal-request-id"]));
    }

    [Fact]
    public async Task The_status_comes_as_events_until_the_end()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        var hold = Hold(mesh);
        await mesh.Gateway.SubmitAsync();
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var submitted = await mesh.Gateway.SubmitAsync();
        using var response = await mesh.Gateway.Http.GetAsync(
            new Uri(submitted.TextAt("status_url") + "/stream?logs=1"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var first = await LineAsync(reader);
        Assert.StartsWith("data: {\"status\":\"IN_QUEUE\",\"request_id\":", first, StringComparison.Ordinal);
        hold.SetResult();
        var events = new List<JsonReply>();
        while (await LineAsync(reader) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add(new JsonReply(200, line["data: ".Length..], new Dictionary<string, string>()));
            }
        }
        Assert.Equal(["IN_PROGRESS", "COMPLETED"], events.Select(status => status.TextAt("status")).Distinct());
        Assert.Equal("COMPLETED", Assert.Single(events, status => status.TextAt("status") == "COMPLETED").TextAt("status"));
        // Each line of the log once, and the same as the status tells.
        Assert.Equal(Messages(await mesh.Gateway.UntilAsync(submitted, "COMPLETED")), events.SelectMany(Messages));

        var late = await mesh.Gateway.CallAsync(HttpMethod.Get, submitted.TextAt("status_url") + "/stream");
        Assert.StartsWith("data: {\"status\":\"COMPLETED\"", late.Text, StringComparison.Ordinal);
        Assert.Single(late.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_request_is_cancelled_while_it_waits_and_while_it_runs()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        Hold(mesh);
        var running = await mesh.Gateway.SubmitAsync();
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var waiting = await mesh.Gateway.SubmitAsync();
        var other = await mesh.Gateway.CallAsync(HttpMethod.Put, $"/queue/fal-ai/qwen-image-edit/requests/{waiting.TextAt("request_id")}/cancel");
        Assert.Equal(404, other.Status);

        Assert.Equal((200, """{"status":"OK"}"""), Answer(await mesh.Gateway.CancelAsync(waiting)));
        Assert.Equal((202, """{"status":"CANCELLATION_REQUESTED"}"""), Answer(await mesh.Gateway.CancelAsync(running)));

        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        foreach (var request in new[] { running, waiting })
        {
            var status = await mesh.Gateway.UntilAsync(request, "COMPLETED");
            Assert.Equal("the job was cancelled", status.TextAt("error"));
            var result = await mesh.Gateway.GetAsync(request.TextAt("response_url")!);
            Assert.Equal((499, """{"detail":"the job was cancelled"}"""), Answer(result));
            Assert.Equal((400, """{"status":"ALREADY_COMPLETED"}"""), Answer(await mesh.Gateway.CancelAsync(request)));
        }
    }

    [Fact]
    public async Task A_request_that_fails_is_completed_and_its_result_is_the_error()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.AlwaysFail = new RpcException(new Status(StatusCode.InvalidArgument, "too many steps"));
        var submitted = await mesh.Gateway.SubmitAsync();
        var status = await mesh.Gateway.UntilAsync(submitted, "COMPLETED");
        Assert.Contains("too many steps", status.TextAt("error"), StringComparison.Ordinal);
        Assert.Equal("ERROR", status.At("logs")[status.At("logs").GetArrayLength() - 1].GetProperty("level").GetString());
        var result = await mesh.Gateway.GetAsync(submitted.TextAt("response_url")!);
        Assert.Equal((422, "value_error"), (result.Status, result.TextAt("detail.0.type")));
    }

    [Fact]
    public async Task A_low_priority_waits_behind_others()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        var hold = Hold(mesh);
        await mesh.Gateway.SubmitAsync();
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var low = await mesh.Gateway.SubmitAsync("""{"prompt":"low","image_size":"square"}""", headers: ("x-fal-queue-priority", "low"));
        await mesh.Gateway.SubmitAsync("""{"prompt":"normal","image_size":"square"}""", headers: ("x-fal-queue-priority", "normal"));
        hold.SetResult();
        await mesh.Gateway.UntilAsync(low, "COMPLETED");
        Assert.Equal(["a red circle", "normal", "low"], mesh.Encoder.Service.Requests.Select(request => request.Prompts[0]));
        Assert.Equal(422, (await mesh.Gateway.SubmitAsync(headers: ("x-fal-queue-priority", "high"))).Status);
    }

    [Theory]
    [InlineData("ftp://example.com/hook")]
    [InlineData("hook")]
    [InlineData("http://127.0.0.1/hook")]
    public async Task A_webhook_whose_address_is_not_called_is_refused(string address)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var refused = await mesh.Gateway.SubmitAsync(model: $"qwen-image?fal_webhook={Uri.EscapeDataString(address)}");
        Assert.Equal(422, refused.Status);
        Assert.Contains("fal_webhook", refused.Text, StringComparison.Ordinal);
    }

    private static (int, string) Answer(JsonReply reply) => (reply.Status, reply.Text);

    private static string?[] Messages(JsonReply status) =>
        status.Json.TryGetProperty("logs", out var logs) ? [.. logs.EnumerateArray().Select(log => log.GetProperty("message").GetString())] : [];

    private static TaskCompletionSource Hold(FakeMesh mesh)
    {
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        return hold;
    }

    private static async Task<string?> LineAsync(StreamReader reader) =>
        await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
}
