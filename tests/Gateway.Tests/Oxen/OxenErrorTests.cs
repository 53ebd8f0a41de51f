using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Tests.Oxen;

/// <summary>The vendor's error shapes.</summary>
public sealed class OxenErrorTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Theory]
    [InlineData("generate", """{"model":"qwen-image"}""", "prompt is required")]
    [InlineData("generate", """{"model":"qwen-image","prompt":""}""", "prompt must not be empty")]
    [InlineData("generate", """{"prompt":"x"}""", "model is required")]
    [InlineData("generate", """{"model":7,"prompt":"x"}""", "model must be a string")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","n":0}""", "n must be at least 1")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","n":11}""", "n must be at most 10")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","num_inference_steps":51}""", "num_inference_steps must be at most 50")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","num_inference_steps":0}""", "num_inference_steps must be at least 1")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","guidance":10.5}""", "guidance must be at most 10")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","guidance":-1}""", "guidance must be at least 0")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","seed":-1}""", "seed must be at least 0")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","seed":"many"}""", "seed must be a whole number")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","output_quality":101}""", "output_quality must be at most 100")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","output_format":"gif"}""", "output_format must be 'webp', 'jpg', 'png' or 'jpeg'")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","image_size":"big"}""", "image_size must be 'optimize_for_quality' or 'optimize_for_speed'")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","aspect_ratio":"2:1"}""", "aspect_ratio must be '1:1', '16:9', '9:16', '4:3', '3:4', '3:2' or '2:3'")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","response_format":"png"}""", "response_format must be 'url' or 'b64_json'")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","size":"big"}""", "size: a size is 'auto' or WIDTHxHEIGHT in pixels, e.g. '1024x1024'")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","size":"64x64"}""", "size must be at least 256")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","size":"512x512","aspect_ratio":"1:1"}""", "size: size excludes aspect_ratio, image_size and match_input_image; give one of them")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","match_input_image":true}""", "match_input_image: there is no input picture")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","disable_safety_checker":true}""", "disable_safety_checker: the checks of this service cannot be turned off")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","target_repo":"me/cats"}""", "target_repo: results are not put into repositories here; fetch result_url")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","target_directory":"cats"}""", "target_directory: results are not put into repositories here; fetch result_url")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","num_generations":2}""", "num_generations: only the queue has it; use n")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","loras":["a"]}""", "loras: adapters are not served here")]
    [InlineData("generate", """{"model":"qwen-image","prompt":"x","input_image":"AAAA"}""", "input_image: qwen-image makes pictures from text and takes none")]
    [InlineData("generate", """{"model":"qwen-image-2","prompt":"x","image":"AAAA"}""", "image: /api/ai/images/edit edits pictures; this route takes none")]
    [InlineData("generate", """{"model":"qwen-image-edit","prompt":"x"}""", "input_image is required")]
    [InlineData("edit", """{"model":"qwen-image-edit","prompt":"x"}""", "input_image is required")]
    [InlineData("edit", """{"model":"qwen-image-2","prompt":"x"}""", "input_image is required")]
    [InlineData("edit", """{"model":"qwen-image-2","prompt":"x","mask":"AAAA"}""", "input_image is required; mask: a mask needs its picture in input_image")]
    [InlineData("edit", """{"model":"qwen-image-edit","prompt":"x","input_image":7}""", "input_image must be a picture: a file, a URL, a data URI or base64")]
    [InlineData("edit", """{"model":"qwen-image-edit-plus","prompt":"x","input_image":["AAAA","AAAA","AAAA","AAAA","AAAA"]}""", "input_image must have at most 4 items")]
    [InlineData("edit", """[]""", "the request body must be an object")]
    [InlineData("queue", """{"model":"qwen-image","prompt":"x","num_generations":0}""", "num_generations must be an integer between 1 and 12")]
    [InlineData("queue", """{"model":"qwen-image","prompt":"x","num_generations":13}""", "num_generations must be an integer between 1 and 12")]
    [InlineData("queue", """{"model":"qwen-image","prompt":"x","num_generations":"two"}""", "num_generations must be an integer between 1 and 12")]
    [InlineData("queue", """{"model":"qwen-image","prompt":"x","n":2}""", "n: each generation of the queue is one picture; use num_generations")]
    [InlineData("queue", """{"model":"qwen-image","prompt":"x","response_format":"b64_json"}""", "response_format: results of the queue are addresses; ask for 'url'")]
    [InlineData("queue", """{"model":"qwen-image-edit","prompt":"x"}""", "input_image is required")]
    public async Task Faults_of_parameters_are_invalid_params(string route, string body, string detail)
    {
        var (status, answer) = await shared.Gateway.CallAsync(HttpMethod.Post, route == "queue" ? "/api/ai/queue" : $"/api/ai/images/{route}", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        CheckError(answer, "invalid_params", "Invalid parameters", detail);
    }

    [Fact]
    public async Task What_is_no_picture_is_an_unsupported_media_type()
    {
        var (status, answer) = await shared.Gateway.CallAsync(HttpMethod.Post, "/api/ai/images/edit", """{"model":"qwen-image-edit","prompt":"x","input_image":"data:image/png;base64,AAAA"}""");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, status);
        Assert.Equal(":unsupported_media_type", (string?)answer["error"]!["type"]);
        Assert.StartsWith("input_image: ", (string?)answer["error"]!["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/api/ai/images/generate", """{"model":"foo","prompt":"x"}""", "foo")]
    [InlineData("POST", "/api/ai/queue", """{"model":"foo/qwen-image","prompt":"x"}""", "foo/qwen-image")]
    [InlineData("GET", "/api/ai/models/foo", null, "foo")]
    public async Task An_unknown_model_has_a_shape_of_its_own(string method, string path, string? body, string model)
    {
        var (status, answer) = await shared.Gateway.CallAsync(new HttpMethod(method), path, body);
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal($$$"""{"error":{"message":"Model not found: {{{model}}}"}}""", answer.ToJsonString());
    }

    [Theory]
    [InlineData("GET", "/api/ai/queue/01999999-0000-7000-8000-000000000000")]
    [InlineData("DELETE", "/api/ai/queue/nothing")]
    [InlineData("GET", "/api/ai/generations/nothing")]
    [InlineData("POST", "/api/ai/models/qwen-image/activate")]
    [InlineData("POST", "/api/ai/models/qwen-image/deactivate")]
    [InlineData("GET", "/api/ai/nothing")]
    public async Task What_is_not_there_is_resource_not_found(string method, string path)
    {
        var (status, answer) = await shared.Gateway.CallAsync(new HttpMethod(method), path);
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(
            """{"error":{"type":"resource_not_found","title":"The requested resource could not be found"},"status":"error","status_message":"resource_not_found"}""",
            answer.ToJsonString());
    }

    [Theory]
    [InlineData("/api/ai/queue?status=done", "status must be 'queued', 'processing', 'succeeded', 'failed' or 'cancelled'")]
    [InlineData("/api/ai/generations?page=0", "page: a whole number from 1 to 1000000 is expected")]
    [InlineData("/api/ai/generations?page_size=1001", "page_size: a whole number from 1 to 1000 is expected")]
    public async Task Faults_of_a_query_are_invalid_params(string path, string detail)
    {
        var (status, answer) = await shared.Gateway.CallAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        CheckError(answer, "invalid_params", "Invalid parameters", detail);
    }

    [Fact]
    public async Task A_strict_gateway_refuses_what_it_does_not_know()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Strict"] = "true" });
        var (status, answer) = await mesh.Gateway.CallAsync(HttpMethod.Post, "/api/ai/images/generate", """{"model":"qwen-image","prompt":"x","mood":"calm"}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        CheckError(answer, "invalid_params", "Invalid parameters", "mood is not known");
    }

    [Fact]
    public async Task A_call_without_a_key_is_unauthenticated()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice"));
        foreach (var path in new[] { "/api/ai/queue", "/api/events", "/api/ai/models" })
        {
            using var response = await mesh.Gateway.SendAsync(null, HttpMethod.Get, path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("unauthenticated", (string?)JsonNode.Parse(await response.TextAsync())!["error"]!["type"]);
        }
    }

    [Fact]
    public async Task A_full_queue_is_429_with_Retry_After()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1", ["Jobs:MaxQueuedPictures"] = "0" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        await mesh.Gateway.EnqueueAsync("""{"model":"qwen-image","prompt":"x"}""");
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        using var response = await mesh.Gateway.PostAsync("/api/ai/queue", """{"model":"qwen-image","prompt":"x"}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal("rate_limited", (string?)JsonNode.Parse(await response.TextAsync())!["error"]!["type"]);
        hold.SetResult();
    }

    [Fact]
    public async Task A_failing_stage_is_an_unknown_error()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.AlwaysFail = StageFaults.Internal("denoiser", "cannot draw this");
        var (status, answer) = await mesh.Gateway.CallAsync(HttpMethod.Post, "/api/ai/images/generate", """{"model":"qwen-image","prompt":"x","size":"512x512"}""");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Equal("unknown_error", (string?)answer["error"]!["type"]);
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("fine")]
    public async Task Refused_prompts_and_withheld_pictures_are_invalid_params_and_failed_generations(string prompt)
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new SternGuardrails()));
        var body = $$"""{"model":"qwen-image","prompt":"{{prompt}}","size":"512x512"}""";
        var (status, answer) = await mesh.Gateway.CallAsync(HttpMethod.Post, "/api/ai/images/generate", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("invalid_params", (string?)answer["error"]!["type"]);
        if (prompt == "fine")
        {
            var generation = await mesh.Gateway.WithStatusAsync(Assert.Single(await mesh.Gateway.EnqueueAsync(body)), "failed");
            Assert.Equal((null, "the picture was withheld by content moderation"), ((string?)generation["result_url"], (string?)generation["error_message"]));
        }
    }

    private static void CheckError(JsonNode answer, string type, string title, string detail) => Assert.Equal(
        new JsonObject { ["error"] = new JsonObject { ["type"] = type, ["title"] = title, ["detail"] = detail }, ["status"] = "error", ["status_message"] = type }.ToJsonString(),
        answer.ToJsonString());

    /// <summary>Refuses one prompt, and withholds every picture.</summary>
    private sealed class SternGuardrails : IGuardrails
    {
        public Task CheckAsync(GenerationRequest request, string owner, CancellationToken cancellationToken) => request.Prompt == "refused"
            ? Task.FromException(new GenerationException(new GenerationFault(null, FaultKind.ContentFiltered, "the prompt is refused")))
            : Task.CompletedTask;

        public Task<bool> IsWithheldAsync(ReadOnlyMemory<byte> file, ImageFormat format, string owner, string? job, CancellationToken cancellationToken) => Task.FromResult(true);
    }
}
