using System.Net;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;
using static QwenMesh.Gateway.Tests.WaveSpeed.WaveSpeedCalls;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>Predictions through their states, and how they fail.</summary>
public sealed class WaveSpeedPredictionTests
{
    private static readonly object Drawing = new { prompt = "x", size = "256*256" };

    [Fact]
    public async Task A_prediction_is_created_then_processing_then_completed()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var first = await PostAsync(mesh.Gateway, $"{Family}/text-to-image", Drawing);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var second = await PostAsync(mesh.Gateway, $"{Family}/text-to-image", Drawing);

        await Eventually.TrueAsync(async () => Status(await GetAsync(mesh.Gateway, $"/api/v3/predictions/{Id(first)}")) == "processing", "the first is drawn");
        Assert.Equal("created", Status(await GetAsync(mesh.Gateway, $"/api/v3/predictions/{Id(second)}/result")));

        hold.SetResult();
        Assert.Equal("completed", Status(await EndAsync(mesh.Gateway, first)));
        Assert.Equal("completed", Status(await EndAsync(mesh.Gateway, second)));
        foreach (var form in new[] { "", "/result" })
        {
            Assert.Equal(Id(first), Id(await GetAsync(mesh.Gateway, $"/api/v3/predictions/{Id(first)}{form}")));
        }
    }

    [Fact]
    public async Task A_prediction_that_fails_says_why_and_answers_200()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxAttempts"] = "1", ["Jobs:MaxAttempts"] = "1" });
        foreach (var (fault, code) in new[]
        {
            (StageFaults.InvalidRequest("denoiser", "too many steps"), 1401),
            (StageFaults.NotReady("denoiser", "loading"), 5003),
            (StageFaults.Internal("denoiser", "NaN in step 3"), 5000),
        })
        {
            mesh.Denoiser.Service.Calls.FailNext(fault);
            var failed = await EndAsync(mesh.Gateway, await PostAsync(mesh.Gateway, $"{Family}/text-to-image", Drawing));
            Assert.Equal(("failed", code), (Status(failed), failed.GetProperty("code").GetInt32()));
            Assert.StartsWith("denoiser: ", failed.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Equal(0, failed.GetProperty("outputs").GetArrayLength());
        }
    }

    [Fact]
    public async Task A_withheld_picture_is_a_failure_by_content_moderation()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithheldPictures()));
        var failed = await EndAsync(mesh.Gateway, await PostAsync(mesh.Gateway, $"{Family}/text-to-image", Drawing));
        Assert.Equal(("failed", 1200), (Status(failed), failed.GetProperty("code").GetInt32()));
        Assert.True(Assert.Single(failed.GetProperty("has_nsfw_contents").EnumerateArray()).GetBoolean());
        Assert.Equal(0, failed.GetProperty("outputs").GetArrayLength());
    }

    [Fact]
    public async Task A_refused_prompt_is_a_400()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Guardrails:Deny:0"] = "forbidden thing" });
        using var response = await mesh.Gateway.PostAsync($"{Family}/text-to-image", """{"prompt":"a forbidden thing"}""");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.StartsWith("""{"code":400,"message":"the prompt """, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_predictions_are_not_found()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var drawn = await mesh.Gateway.PostAsync("/v3/async/qwen-image-txt2img", """{"prompt":"x","size":"256*256"}""");
        var other = System.Text.Json.JsonElement.Parse(await drawn.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("task_id").GetString();
        foreach (var id in new[] { "b3a1c0d2e4f5", Guid.Empty.ToString(), other })
        {
            using var response = await mesh.Gateway.Http.GetAsync(new Uri($"/api/v3/predictions/{id}/result", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal($$"""{"code":404,"message":"there is no job '{{id}}'"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
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
        var running = await PostAsync(mesh.Gateway, $"{Family}/text-to-image", Drawing);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        using var refused = await mesh.Gateway.PostAsync($"{Family}/text-to-image", """{"prompt":"x"}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.StartsWith("""{"code":429,"message":""", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        hold.SetResult();
        Assert.Equal("completed", Status(await EndAsync(mesh.Gateway, running)));
    }
}
