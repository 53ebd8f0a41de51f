using System.Net;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;
using static QwenMesh.Gateway.Tests.Novita.NovitaCalls;

namespace QwenMesh.Gateway.Tests.Novita;

/// <summary>Tasks through their states, how they fail, and how they are refused.</summary>
public sealed class NovitaStateTests
{
    private static readonly object Drawing = new { prompt = "x", size = "256*256" };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_task_is_queued_then_processed_then_done()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" });
        var hold = new TaskCompletionSource();
        (mesh.Denoiser.Service.HoldAfterStep, mesh.Denoiser.Service.Steps, mesh.Denoiser.Service.Calls.Hold) = (true, 15, hold.Task);
        var first = await SubmitAsync(mesh.Gateway, "qwen-image-txt2img", Drawing);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        var second = await SubmitAsync(mesh.Gateway, "qwen-image-txt2img", Drawing);

        // 15 of the 30 steps.
        await Eventually.TrueAsync(
            async () => (await ResultAsync(mesh.Gateway, first)).GetProperty("task").GetProperty("progress_percent").GetInt32() == 50, "the first is half done");
        Assert.Equal("TASK_STATUS_PROCESSING", Status(await ResultAsync(mesh.Gateway, first)));
        var waiting = await ResultAsync(mesh.Gateway, second);
        Assert.Equal("TASK_STATUS_QUEUED", Status(waiting));
        Assert.All(new[] { "images", "videos", "audios" }, name => Assert.Equal(0, waiting.GetProperty(name).GetArrayLength()));
        Assert.Equal("", waiting.GetProperty("extra").GetProperty("debug_info").GetProperty("execute_time_ms").GetString());

        hold.SetResult();
        Assert.Equal("TASK_STATUS_SUCCEED", Status(await EndAsync(mesh.Gateway, first)));
        Assert.Equal("TASK_STATUS_SUCCEED", Status(await EndAsync(mesh.Gateway, second)));
    }

    [Fact]
    public async Task A_task_that_fails_says_why()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.FailNext(StageFaults.InvalidRequest("denoiser", "too many steps"));
        var failed = await EndAsync(mesh.Gateway, await SubmitAsync(mesh.Gateway, "qwen-image-txt2img", Drawing));
        Assert.Equal(("TASK_STATUS_FAILED", "denoiser: too many steps"), (Status(failed), failed.GetProperty("task").GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task A_withheld_picture_is_a_failure()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithheldPictures()));
        var failed = await EndAsync(mesh.Gateway, await SubmitAsync(mesh.Gateway, "qwen-image-txt2img", Drawing));
        Assert.Equal("TASK_STATUS_FAILED", Status(failed));
        Assert.Contains("content moderation", failed.GetProperty("task").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, failed.GetProperty("images").GetArrayLength());
    }

    [Fact]
    public async Task A_refused_prompt_is_a_400()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Guardrails:Deny:0"] = "forbidden thing" });
        using var response = await mesh.Gateway.PostAsync("/v3/async/qwen-image-txt2img", """{"prompt":"a forbidden thing"}""");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.StartsWith("""{"code":400,"reason":"CONTENT_FILTERED","message":""", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_queue_is_429_with_a_time_to_wait()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Gateway:MaxConcurrentGenerations"] = "1",
            ["Jobs:MaxQueuedPictures"] = "0",
        });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var running = await SubmitAsync(mesh.Gateway, "qwen-image-txt2img", Drawing);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);

        using var refused = await mesh.Gateway.PostAsync("/v3/async/qwen-image-txt2img", """{"prompt":"x"}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.StartsWith("""{"code":429,"reason":"RATE_LIMIT_EXCEEDED","message":""", await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        hold.SetResult();
        Assert.Equal("TASK_STATUS_SUCCEED", Status(await EndAsync(mesh.Gateway, running)));
    }

    [Fact]
    public async Task A_missing_key_is_401()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Access:Keys:0:Id"] = "a", ["Access:Keys:0:Sha256"] = new string('0', 64) });
        using var response = await mesh.Gateway.PostAsync("/v3/async/qwen-image-txt2img", """{"prompt":"x"}""");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.StartsWith("""{"code":401,"reason":"FAILED_TO_AUTH","message":""", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }
}
