using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>What goes wrong with a stream, before its first event and after; and who leaves it.</summary>
public sealed class StreamErrorTests
{
    private const string Path = "/v1/images/generations";
    private const string Body = """{"prompt":"x","size":"512x512","seed":1,"stream":true,"partial_images":2}""";

    [Theory]
    [InlineData("""{"stream":true}""", 400, "missing_required_parameter")]
    [InlineData("""{"prompt":"x","stream":true,"response_format":"url"}""", 400, "invalid_value")]
    [InlineData("""{"prompt":"x","stream":true,"response_format":"file"}""", 400, "invalid_value")]
    [InlineData("""{"prompt":"x","stream":true,"model":"dall-e-3"}""", 404, "model_not_found")]
    [InlineData("""{"prompt":"refused","stream":true}""", 400, "moderation_blocked")]
    public async Task What_is_refused_at_once_is_an_ordinary_error(string body, int status, string code)
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(0)));
        var refused = await mesh.Gateway.CallAsync(HttpMethod.Post, Path, body);
        Assert.Equal((status, code), (refused.Status, refused.TextAt("error.code")));
        Assert.Equal(0, mesh.Encoder.Service.Calls.Count);
    }

    [Fact]
    public async Task What_fails_on_the_way_is_an_event()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var fails = new TaskCompletionSource();
        (mesh.Denoiser.Service.FailsOfSeed, mesh.Denoiser.Service.FailWhen) = (1, fails.Task);
        using var events = await StreamedEvents.PostAsync(mesh.Gateway, Path, Body);
        fails.SetResult();
        var failed = Assert.Single(await events.AllAsync());
        Assert.Equal("error", failed.Name);
        Assert.Equal("""{"error":{"message":"denoiser: cannot draw this","type":"server_error","param":null,"code":"server_error"}}""", failed.Data);
    }

    [Fact]
    public async Task A_withheld_picture_is_told_as_an_event_and_previews_of_it_are_not_shown()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithheldPictures()));
        mesh.Denoiser.Service.Steps = 4;
        using var events = await StreamedEvents.PostAsync(mesh.Gateway, Path, """{"prompt":"x","size":"512x512","num_inference_steps":4,"stream":true,"partial_images":3}""");
        var withheld = Assert.Single(await events.AllAsync());
        Assert.Equal(("error", "moderation_blocked"), (withheld.Name, withheld.Json.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Of_several_those_that_are_not_withheld_are_completed()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(1)));
        using var events = await StreamedEvents.PostAsync(mesh.Gateway, Path, """{"prompt":"x","size":"512x512","n":3,"stream":true}""");
        Assert.Equal(["image_generation.completed", "image_generation.completed"], (await events.AllAsync()).Select(one => one.Name));
    }

    [Fact]
    public async Task A_client_who_leaves_ends_the_drawing()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var calls = mesh.Denoiser.Service.Calls;
        calls.Hold = new TaskCompletionSource().Task;
        using (await StreamedEvents.PostAsync(mesh.Gateway, Path, Body))
        {
            await calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        await calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task While_nothing_happens_there_are_comments()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["OpenAi:KeepAliveSeconds"] = "0.05" });
        // Before it is accepted: the headers come with the first of them.
        var hold = new TaskCompletionSource();
        mesh.Encoder.Service.Calls.Hold = hold.Task;
        using var events = await StreamedEvents.PostAsync(mesh.Gateway, Path, Body);
        var next = events.NextAsync();
        await Eventually.TrueAsync(() => events.Comments.Count > 2, "three comments have come");
        hold.SetResult();
        Assert.NotNull(await next);
        Assert.All(events.Comments, comment => Assert.Equal("ping", comment));
    }

    [Fact]
    public async Task What_fails_while_it_waits_is_told_with_its_status()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:RetrySeconds"] = "0", ["Jobs:MaxQueuedPictures"] = "0", ["Gateway:MaxConcurrentGenerations"] = "1" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        using var first = await StreamedEvents.PostAsync(mesh.Gateway, Path, Body);
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var full = await mesh.Gateway.CallAsync(HttpMethod.Post, Path, Body);
        Assert.Equal((429, "rate_limit_exceeded"), (full.Status, full.TextAt("error.code")));
        Assert.True(full.Headers.ContainsKey("Retry-After"));
        hold.SetResult();
        Assert.Equal("image_generation.completed", (await first.AllAsync())[^1].Name);
    }
}
