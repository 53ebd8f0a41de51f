using QwenMesh.Gateway.Tests.Fakes;
using static QwenMesh.Gateway.Tests.Replicate.ReplicateCalls;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>What is refused, as RFC 7807 says it, with the field.</summary>
public sealed class ErrorTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    public static TheoryData<string, string, string, string> Refused => new()
    {
        { "qwen-image", "{}", "input", "input is required" },
        { "qwen-image", """{"input":"x"}""", "input", "input must be an object" },
        { "qwen-image", """{"input":{}}""", "input.prompt", "input.prompt is required" },
        { "qwen-image", """{"input":{"prompt":""}}""", "input.prompt", "must not be empty" },
        { "qwen-image", """{"input":{"prompt":1}}""", "input.prompt", "must be a string" },
        { "qwen-image", """{"input":{"prompt":"x","aspect_ratio":"5:4"}}""", "input.aspect_ratio", "must be '1:1', '16:9'" },
        { "qwen-image", """{"input":{"prompt":"x","aspect_ratio":"custom"}}""", "input.aspect_ratio", "must be" },
        { "qwen-image", """{"input":{"prompt":"x","aspect_ratio":"match_input_image"}}""", "input.aspect_ratio", "must be" },
        { "qwen-image-2512", """{"input":{"prompt":"x","aspect_ratio":"custom"}}""", "input.aspect_ratio", "'custom' needs width and height" },
        { "qwen-image-2512", """{"input":{"prompt":"x","aspect_ratio":"custom","width":255,"height":512}}""", "input.width", "must be at least 256" },
        { "qwen-image-2512", """{"input":{"prompt":"x","num_inference_steps":19}}""", "input.num_inference_steps", "must be at least 20" },
        { "qwen-image", """{"input":{"prompt":"x","num_inference_steps":51}}""", "input.num_inference_steps", "must be at most 50" },
        { "qwen-image", """{"input":{"prompt":"x","num_inference_steps":2.5}}""", "input.num_inference_steps", "must be a whole number" },
        { "qwen-image", """{"input":{"prompt":"x","guidance":10.5}}""", "input.guidance", "must be at most 10" },
        { "qwen-image", """{"input":{"prompt":"x","seed":-1}}""", "input.seed", "must be at least 0" },
        { "qwen-image", """{"input":{"prompt":"x","image_size":"large"}}""", "input.image_size", "must be 'optimize_for_quality' or 'optimize_for_speed'" },
        { "qwen-image", """{"input":{"prompt":"x","output_format":"gif"}}""", "input.output_format", "must be 'webp', 'jpg' or 'png'" },
        { "qwen-image", """{"input":{"prompt":"x","output_quality":101}}""", "input.output_quality", "must be at most 100" },
        { "qwen-image", """{"input":{"prompt":"x","go_fast":"maybe"}}""", "input.go_fast", "must be true or false" },
        { "qwen-image", """{"input":{"prompt":"x","disable_safety_checker":true}}""", "input.disable_safety_checker", "only false is taken" },
        { "qwen-image", """{"input":{"prompt":"x","enhance_prompt":true}}""", "input.enhance_prompt", "only false is taken" },
        { "qwen-image", """{"input":{"prompt":"x","lora_weights":"a/b"}}""", "input.lora_weights", "no adapters" },
        { "qwen-image", """{"input":{"prompt":"x","replicate_weights":"https://example.com/a"}}""", "input.replicate_weights", "no adapters" },
        { "qwen-image", """{"input":{"prompt":"x","extra_lora_weights":["a/b"]}}""", "input.extra_lora_weights", "no adapters" },
        { "qwen-image", $$$"""{"input":{"prompt":"x","image":"{{{Picture()}}}","strength":0}}""", "input.strength", "must be above 0" },
        { "qwen-image", $$$"""{"input":{"prompt":"x","image":["{{{Picture()}}}","{{{Picture()}}}"]}}""", "input.image", "takes one picture" },
        { "qwen-image-edit", """{"input":{"prompt":"x"}}""", "input.image", "input.image is required" },
        { "qwen-image-edit", $$$"""{"input":{"prompt":"x","image":["{{{Picture()}}}","{{{Picture()}}}"]}}""", "input.image", "takes one picture" },
        { "qwen-image-edit-plus", """{"input":{"prompt":"x","image":["data:image/png;base64,AAAA"]}}""", "input.image[0]", "input.image[0]" },
        { "qwen-image-edit-plus", """{"input":{"prompt":"x","image":["http://127.0.0.1:9/a.png"]}}""", "input.image[0]", "input.image[0]" },
        { "qwen-image", """{"input":{"prompt":"x"},"webhook":"ftp://example.com/"}""", "webhook", "must begin with https:// or http://" },
        { "qwen-image", """{"input":{"prompt":"x"},"webhook":"http://127.0.0.1/hook"}""", "webhook", "leads to a network that is not called" },
        { "qwen-image", """{"input":{"prompt":"x"},"webhook":"https://example.com","webhook_events_filter":["end"]}""", "webhook_events_filter", "it is a list of start, output, logs, completed" },
        { "qwen-image", """{"input":{"prompt":"x"},"webhook":"https://example.com","webhook_events_filter":"start"}""", "webhook_events_filter", "it is a list of" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_field_at_fault_is_a_422_that_names_it(string model, string body, string field, string description)
    {
        var refused = await shared.Gateway.CreateAsync(body, model);
        Assert.True(refused.Status == 422, refused.Text);
        Assert.Equal(["type", "title", "status", "detail", "instance", "invalid_fields"], refused.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("about:blank", "Input validation failed", 422, $"/v1/models/qwen/{model}/predictions"),
            (refused.TextAt("type"), refused.TextAt("title"), refused.At("status").GetInt32(), refused.TextAt("instance")));
        Assert.Contains(refused.At("invalid_fields").EnumerateArray(), fault =>
            fault.GetProperty("field").GetString() == field && fault.GetProperty("description").GetString()!.Contains(description, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{}", "version is required")]
    [InlineData("""{"version":"abc","input":{"prompt":"x"}}""", "a hash of 64 digits")]
    [InlineData("""{"version":"","input":{"prompt":"x"}}""", "version must not be empty")]
    public async Task A_version_at_fault_is_a_422(string body, string detail)
    {
        var refused = await shared.Gateway.CreateOfVersionAsync(body);
        Assert.Equal((422, "version"), (refused.Status, refused.TextAt("invalid_fields.0.field")));
        Assert.Contains(detail, refused.TextAt("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/models/qwen/qwen-image-9/predictions")]
    [InlineData("/v1/models/someone/else/predictions")]
    public async Task A_model_that_is_not_there_is_a_404(string path)
    {
        var refused = await shared.Gateway.CallAsync(HttpMethod.Post, path, Small);
        Assert.Equal((404, "Not Found"), (refused.Status, refused.TextAt("title")));
        Assert.Contains("qwen/qwen-image-edit-plus", refused.TextAt("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_a_version_that_is_not_there_is_a_404() =>
        Assert.Equal(404, (await shared.Gateway.CreateOfVersionAsync("""{"version":"someone/else","input":{"prompt":"x"}}""")).Status);

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/cancel")]
    public async Task A_prediction_that_is_not_there_is_a_404(string method, string rest)
    {
        // One of another dialect is none of this one's.
        var other = await shared.Gateway.CallAsync(HttpMethod.Post, "/v3/async/qwen-image-txt2img", """{"prompt":"x","size":"256*256"}""");
        foreach (var id in new[] { "q7x2", Guid.Empty.ToString(), other.TextAt("task_id") })
        {
            var missing = await shared.Gateway.CallAsync(new HttpMethod(method), $"/v1/predictions/{id}{rest}");
            Assert.Equal((404, "Not Found", $"/v1/predictions/{id}{rest}"), (missing.Status, missing.TextAt("title"), missing.TextAt("instance")));
        }
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    public async Task A_body_that_is_no_object_is_refused_in_the_same_shape(string body)
    {
        var refused = await shared.Gateway.CreateAsync(body);
        Assert.Equal((422, 422), (refused.Status, refused.At("status").GetInt32()));
    }

    [Fact]
    public async Task A_strict_Gateway_refuses_what_it_does_not_know()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Strict"] = "true" });
        foreach (var (body, field) in new[] { ("""{"input":{"prompt":"x","turbo":1}}""", "input.turbo"), ("""{"input":{"prompt":"x"},"turbo":1}""", "turbo") })
        {
            var refused = await mesh.Gateway.CreateAsync(body);
            Assert.Equal((422, field), (refused.Status, refused.TextAt("invalid_fields.0.field")));
        }
    }

    [Fact]
    public async Task A_refused_prompt_is_a_422()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Guardrails:Deny:0"] = "forbidden thing" });
        var refused = await mesh.Gateway.CreateAsync("""{"input":{"prompt":"a forbidden thing"}}""", headers: Wait);
        Assert.Equal((422, "Input refused by the rules of this service"), (refused.Status, refused.TextAt("title")));
    }

    [Fact]
    public async Task A_full_queue_is_429_with_a_time_to_wait()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>(OneAtATime) { ["Jobs:MaxQueuedPictures"] = "0" });
        var hold = mesh.Hold();
        var running = await mesh.Gateway.CreateAsync();
        await mesh.ReachedAsync();
        var refused = await mesh.Gateway.CreateAsync();
        Assert.Equal((429, "Too Many Requests"), (refused.Status, refused.TextAt("title")));
        Assert.True(refused.Headers.ContainsKey("Retry-After"));
        hold.SetResult();
        await mesh.Gateway.UntilAsync(running, "succeeded");
    }
}
