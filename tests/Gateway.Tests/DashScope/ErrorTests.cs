using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using static QwenMesh.Gateway.Tests.DashScope.DashScopeCalls;

namespace QwenMesh.Gateway.Tests.DashScope;

/// <summary>What is refused, with the vendor's codes.</summary>
public sealed class ErrorTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    public static TheoryData<string, int, string, string> Refused => new()
    {
        { "{}", 400, "BadRequest.EmptyModel", "model is required" },
        { """{"model":"qwen-image"}""", 400, "BadRequest.EmptyInput", "input is required" },
        { """{"model":"qwen-image","input":{}}""", 400, "InvalidParameter", "input.messages is required" },
        { """{"model":"qwen-image","input":{"messages":[]}}""", 400, "InvalidParameter", "there must be one message" },
        { """{"model":"qwen-image","input":{"messages":[{},{}]}}""", 400, "InvalidParameter", "at most 1 items" },
        { """{"model":"qwen-image","input":{"messages":[{"role":"system","content":[{"text":"x"}]}]}}""", 400, "InvalidParameter", "input.messages[0].role must be 'user'" },
        { """{"model":"qwen-image","input":{"messages":[{"content":[{"text":"x"}]}]}}""", 400, "InvalidParameter", "input.messages[0].role is required" },
        { """{"model":"qwen-image","input":{"messages":[{"role":"user"}]}}""", 400, "InvalidParameter", "input.messages[0].content is required" },
        { """{"model":"qwen-image","input":{"messages":[{"role":"user","content":"x"}]}}""", 400, "InvalidParameter", "input.messages[0].content must be a list" },
        { Message("qwen-image", ""), 400, "InvalidParameter", "there must be exactly one 'text', and there are 0" },
        { Message("qwen-image", $"{Text()},{Text()}"), 400, "InvalidParameter", "exactly one 'text', and there are 2" },
        { Message("qwen-image", Text("")), 400, "InvalidParameter", "text must not be empty" },
        { Message("qwen-image", $"{Text()},{Image(Picture())}"), 400, "InvalidParameter", "draws from text and takes no 'image'" },
        { Message("qwen-image-edit", Text()), 400, "InvalidParameter", "needs at least one 'image'" },
        { Message("qwen-image-edit-plus", string.Join(',', Enumerable.Repeat(Image(Picture()), 4).Append(Text()))), 400, "InvalidParameter", "takes at most 3 'image', and there are 4" },
        { Message("qwen-image-edit", $"{Image(Picture(383, 400))},{Text()}"), 400, "InvalidParameter", "383*400; both sides must be 384 to 3072 pixels" },
        { Message("qwen-image-edit", $"{Image("data:image/png;base64,AAAA")},{Text()}"), 400, "InvalidParameter", "input.messages[0].content[0].image" },
        { Message("qwen-image-edit", $"{Image("http://127.0.0.1:9/a.png")},{Text()}"), 400, "InvalidURL", "input.messages[0].content[0].image" },
        { Message("qwen-image", Text(), """{"size":"1024*1024"}"""), 400, "InvalidParameter", "the size must be '1664*928'" },
        { Message("qwen-image", Text(), """{"size":"1328x1328"}"""), 400, "InvalidParameter", "a size is WIDTH*HEIGHT" },
        { Message("qwen-image-2.0", Text(), """{"size":"511*511"}"""), 400, "InvalidParameter", "512*512 to 2048*2048 pixels" },
        { Message("qwen-image-2.0", Text(), """{"size":"100*3000"}"""), 400, "InvalidParameter", "parameters.size" },
        { Message("qwen-image-edit", $"{Image(Picture())},{Text()}", """{"size":"512*512"}"""), 400, "InvalidParameter", "takes no size" },
        { Message("qwen-image-edit-plus", $"{Image(Picture())},{Text()}", """{"size":"512*2049"}"""), 400, "InvalidParameter", "both sides must be 512 to 2048" },
        { Message("qwen-image", Text(), """{"n":2}"""), 400, "InvalidParameter", "parameters.n must be at most 1" },
        { Message("qwen-image-2.0", Text(), """{"n":7}"""), 400, "InvalidParameter", "parameters.n must be at most 6" },
        { Message("qwen-image", Text(), """{"seed":2147483648}"""), 400, "InvalidParameter", "parameters.seed must be at most 2147483647" },
        { Message("qwen-image", Text(), """{"watermark":true}"""), 400, "InvalidParameter", "pictures are not marked here" },
        { Message("qwen-image", Text(), """{"watermark":"no"}"""), 400, "InvalidParameter", "parameters.watermark must be true or false" },
        { Message("qwen-image-edit", $"{Image(Picture())},{Text()}", """{"prompt_extend":true}"""), 400, "InvalidParameter", "parameters.prompt_extend" },
        { Message("wan2.2-t2i-flash", Text()), 404, "ModelNotFound", "Model 'wan2.2-t2i-flash' does not exist." },
        { """{"model":"qwen-image",""", 400, "InvalidParameter", "" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_request_at_fault_is_refused_with_the_vendors_code(string body, int status, string code, string message)
    {
        var answer = await shared.Gateway.DrawAsync(body);
        Assert.True((status, code) == (answer.Status, answer.TextAt("code")), answer.Text);
        Assert.Contains(message, answer.TextAt("message"), StringComparison.Ordinal);
        Assert.Equal(["request_id", "code", "message"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(answer.Headers["x-request-id"], answer.TextAt("request_id"));
    }

    [Theory]
    [InlineData("GET", "/api/v1/tasks", 404, "InvalidURL")]
    [InlineData("GET", "/api/v1/services/aigc/video", 404, "InvalidURL")]
    [InlineData("GET", Sync, 405, "UnsupportedOperation")]
    [InlineData("POST", Async, 403, "AccessDenied")]
    public async Task Paths_methods_and_modes_are_told_in_the_vendors_shape(string method, string path, int status, string code)
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Parse(method), path, method == "POST" ? "{}" : null);
        Assert.Equal((status, code), (answer.Status, answer.TextAt("code")));
    }

    [Fact]
    public async Task A_route_answers_in_one_way_only()
    {
        var asynchronous = await shared.Gateway.CallAsync(HttpMethod.Post, Sync, Message("qwen-image", Text()), Enable);
        Assert.Equal((403, "AccessDenied"), (asynchronous.Status, asynchronous.TextAt("code")));
        var streamed = await shared.Gateway.CallAsync(HttpMethod.Post, Sync, Message("qwen-image", Text()), ("X-DashScope-SSE", "enable"));
        Assert.Equal((400, "InvalidParameter"), (streamed.Status, streamed.TextAt("code")));
        var model = await shared.Gateway.CallAsync(HttpMethod.Post, Async, """{"model":"qwen-image-max","input":{"prompt":"x"}}""", Enable);
        Assert.Equal((403, "AccessDenied"), (model.Status, model.TextAt("code")));
    }

    [Fact]
    public async Task A_caller_without_a_key_and_one_beyond_its_rate_are_told_so()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice", ("RequestsPerMinute", "1")));
        var nobody = await mesh.Gateway.DrawAsync(Message("qwen-image", Text()));
        Assert.Equal((401, "InvalidApiKey"), (nobody.Status, nobody.TextAt("code")));
        (string, string) key = ("Authorization", $"Bearer {TestKeys.Of("alice")}");
        await mesh.Gateway.CallAsync(HttpMethod.Post, Sync, "{}", key);
        var limited = await mesh.Gateway.CallAsync(HttpMethod.Post, Sync, "{}", key);
        Assert.Equal((429, "Throttling.RateQuota"), (limited.Status, limited.TextAt("code")));
        Assert.True(limited.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task A_full_gateway_throttles()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1", ["Jobs:MaxQueuedPictures"] = "0" });
        var hold = new TaskCompletionSource();
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var running = mesh.Gateway.DrawAsync(Message("qwen-image", Text()));
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var refused = await mesh.Gateway.DrawAsync(Message("qwen-image", Text()));
        Assert.Equal((429, "Throttling"), (refused.Status, refused.TextAt("code")));
        Assert.True(refused.Headers.ContainsKey("Retry-After"));
        hold.SetResult();
        Assert.Equal(200, (await running).Status);
    }
}
