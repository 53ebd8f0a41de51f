using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Fal;

/// <summary>What is refused, in the vendor's two shapes.</summary>
public sealed class ErrorTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Theory]
    [InlineData("{}", "missing", """["body","prompt"]""")]
    [InlineData("""{"prompt":1}""", "string_type", """["body","prompt"]""")]
    [InlineData("""{"prompt":"x","image_size":"huge"}""", "literal_error", """["body","image_size"]""")]
    [InlineData("""{"prompt":"x","image_size":{"width":512}}""", "missing", """["body","image_size","height"]""")]
    [InlineData("""{"prompt":"x","image_size":{"width":128,"height":512}}""", "greater_than_equal", """["body","image_size"]""")]
    [InlineData("""{"prompt":"x","num_inference_steps":1}""", "greater_than_equal", """["body","num_inference_steps"]""")]
    [InlineData("""{"prompt":"x","num_inference_steps":51}""", "less_than_equal", """["body","num_inference_steps"]""")]
    [InlineData("""{"prompt":"x","guidance_scale":20.5}""", "less_than_equal", """["body","guidance_scale"]""")]
    [InlineData("""{"prompt":"x","num_images":5}""", "less_than_equal", """["body","num_images"]""")]
    [InlineData("""{"prompt":"x","output_format":"webp"}""", "literal_error", """["body","output_format"]""")]
    [InlineData("""{"prompt":"x","seed":-1}""", "greater_than_equal", """["body","seed"]""")]
    [InlineData("""{"prompt":"x","sync_mode":"yes"}""", "bool_type", """["body","sync_mode"]""")]
    [InlineData("""{"prompt":"x","enable_safety_checker":false}""", "value_error", """["body","enable_safety_checker"]""")]
    [InlineData("""{"prompt":"x","acceleration":"regular"}""", "value_error", """["body","acceleration"]""")]
    [InlineData("""{"prompt":"x","loras":[{"path":"a","scale":1}]}""", "value_error", """["body","loras"]""")]
    [InlineData("""{"prompt":"x","image_url":"data:image/png;base64,AA"}""", "value_error", """["body","image_url"]""")]
    [InlineData("""{"prompt":""", "json_invalid", """["body",10]""")]
    public async Task A_field_at_fault_is_told_in_pydantics_words(string body, string type, string at)
    {
        var answer = await shared.Gateway.DrawAsync(body);
        Assert.True(answer.Status == 422, answer.Text);
        Assert.Equal((type, at), (answer.TextAt("detail.0.type"), answer.At("detail.0.loc").GetRawText()));
        Assert.NotEmpty(answer.TextAt("detail.0.msg")!);
    }

    [Theory]
    [InlineData("qwen-image-edit", """["body","image_url"]""")]
    [InlineData("qwen-image-edit-plus", """["body","image_urls"]""")]
    public async Task An_edit_without_a_picture_is_told_the_field_that_is_missing(string model, string at)
    {
        var answer = await shared.Gateway.DrawAsync("""{"prompt":"x"}""", model);
        Assert.Equal((422, "missing", at), (answer.Status, answer.TextAt("detail.0.type"), answer.At("detail.0.loc").GetRawText()));
    }

    [Fact]
    public async Task The_default_acceleration_and_the_default_of_the_checker_are_accepted()
    {
        var answer = await shared.Gateway.DrawAsync("""{"prompt":"x","image_size":"square","acceleration":"none","enable_safety_checker":true,"loras":[]}""");
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal((422, "missing"), await RefusedAsync("""{"prompt":"x","acceleration":"regular"}"""));
        Assert.Equal((422, "value_error"), await RefusedAsync("""{"prompt":"x","acceleration":"high","image_urls":["data:image/png;base64,AA"]}"""));

        async Task<(int, string?)> RefusedAsync(string body)
        {
            var refused = await shared.Gateway.DrawAsync(body, "qwen-image-edit-plus");
            return (refused.Status, refused.TextAt("detail.0.type"));
        }
    }

    [Theory]
    [InlineData("POST", "/fal-ai/flux/dev", 404, "Application \"flux/dev\" not found")]
    [InlineData("POST", "/queue/fal-ai/flux/dev", 404, "Application \"flux/dev\" not found")]
    [InlineData("GET", "/queue/fal-ai/qwen-image/requests/nothing", 404, "there is no job 'nothing'")]
    [InlineData("GET", "/queue/fal-ai/qwen-image/requests/nothing/status", 404, "there is no job 'nothing'")]
    [InlineData("GET", "/queue/fal-ai/qwen-image/requests/nothing/status/stream", 404, "there is no job 'nothing'")]
    [InlineData("PUT", "/queue/fal-ai/qwen-image/requests/nothing/cancel", 404, "there is no job 'nothing'")]
    [InlineData("GET", "/fal-ai/qwen-image", 405, "Method Not Allowed")]
    public async Task Paths_ids_and_methods_are_told_in_the_vendors_shape(string method, string path, int status, string detail)
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Parse(method), path, method == "POST" ? FalCalls.Small : null);
        Assert.Equal((status, detail), (answer.Status, answer.TextAt("detail")));
    }

    [Fact]
    public async Task A_refused_prompt_is_a_violation_of_the_content_policy()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(0)));
        var answer = await mesh.Gateway.DrawAsync("""{"prompt":"refused"}""");
        Assert.Equal((422, """{"detail":[{"loc":["body","prompt"],"msg":"the prompt is refused","type":"content_policy_violation"}]}"""), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task A_caller_is_known_by_the_vendors_scheme_and_one_without_a_key_is_refused()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice", ("RequestsPerMinute", "1")));
        var nobody = await mesh.Gateway.DrawAsync();
        Assert.Equal(401, nobody.Status);
        Assert.Contains("API key", nobody.TextAt("detail"), StringComparison.Ordinal);
        (string, string) key = ("Authorization", $"Key {TestKeys.Of("alice")}");
        var submitted = await mesh.Gateway.SubmitAsync(headers: key);
        Assert.True(submitted.Status == 200, submitted.Text);
        Assert.Equal(429, (await mesh.Gateway.SubmitAsync(headers: key)).Status);
        var status = await mesh.Gateway.CallAsync(HttpMethod.Get, submitted.TextAt("status_url")!, headers: key);
        Assert.Equal(200, status.Status);
    }

    [Fact]
    public async Task A_full_gateway_says_when_to_come_again()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1", ["Jobs:MaxQueuedPictures"] = "0" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var running = mesh.Gateway.DrawAsync();
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        foreach (var refused in new[] { await mesh.Gateway.DrawAsync(), await mesh.Gateway.SubmitAsync() })
        {
            Assert.Equal(429, refused.Status);
            Assert.True(refused.Headers.ContainsKey("Retry-After"));
            Assert.NotEmpty(refused.TextAt("detail")!);
        }
        hold.SetResult();
        Assert.Equal(200, (await running).Status);
    }
}
