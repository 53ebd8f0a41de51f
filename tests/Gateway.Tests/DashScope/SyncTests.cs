using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using static QwenMesh.Gateway.Tests.DashScope.DashScopeCalls;

namespace QwenMesh.Gateway.Tests.DashScope;

/// <summary>Pictures and edits that are answered at once.</summary>
public sealed class SyncTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Fact]
    public async Task A_picture_has_the_vendors_answer_and_its_file_is_a_PNG()
    {
        var answer = await shared.Gateway.DrawAsync(Message("qwen-image", Text(), """{"size":"1328*1328","seed":7,"watermark":false,"n":1,"negative_prompt":""}"""));
        var url = answer.TextAt("output.choices.0.message.content.0.image");
        Assert.Equal($$$"""
            {"output":{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":[{"image":"{{{url}}}"}]}}],"task_metric":{"TOTAL":1,"SUCCEEDED":1,"FAILED":0}},"usage":{"image_count":1,"width":1328,"height":1328},"request_id":"{{{answer.Headers["x-request-id"]}}}"}
            """, answer.Text);
        var file = await shared.Gateway.Http.GetByteArrayAsync(new Uri(url!), TestContext.Current.CancellationToken);
        Assert.Equal(new ImageInfo(ImageFormat.Png, 1328, 1328), new VipsDecoder().Probe(file, new ImageLimits()));
        Assert.False(answer.Headers.ContainsKey("x-qwenmesh-ignored"));
    }

    [Theory]
    [InlineData("qwen-image", "{}", 1664, 928)]
    [InlineData("qwen-image-plus-2026-01-09", "{}", 1664, 928)]
    [InlineData("qwen-image-max", """{"size":"928*1664"}""", 928, 1664)]
    [InlineData("qwen-image-plus", """{"size":"1140*1472"}""", 1140, 1472)]
    [InlineData("qwen-image-2.0", """{"size":"600*500"}""", 600, 500)]
    [InlineData("qwen-image-2.0-pro", "{}", 2048, 2048)]
    [InlineData("qwen/qwen-image-nano", "{}", 1024, 1024)]
    public async Task The_size_of_a_picture_is_the_vendors_for_its_model(string model, string parameters, int width, int height)
    {
        var answer = await shared.Gateway.DrawAsync(Message(model, Text(), parameters));
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal((width, height), (answer.At("usage.width").GetInt32(), answer.At("usage.height").GetInt32()));
    }

    [Theory]
    [InlineData("qwen-image-edit", "{}", 1024, 1024)]
    [InlineData("qwen-image-edit-plus", """{"size":"520*1000"}""", 528, 1008)]
    [InlineData("qwen-image-edit-max", """{"size":"2048*512"}""", 2048, 512)]
    [InlineData("qwen-image-2.0", """{"size":"1024*768"}""", 1024, 768)]
    public async Task An_edit_has_the_pictures_shape_or_the_size_that_its_model_takes(string model, string parameters, int width, int height)
    {
        var answer = await shared.Gateway.DrawAsync(Message(model, $"{Image(Picture())},{Text()}", parameters));
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal((width, height), (answer.At("usage.width").GetInt32(), answer.At("usage.height").GetInt32()));
    }

    [Fact]
    public async Task The_last_of_several_pictures_decides_the_shape()
    {
        var answer = await shared.Gateway.DrawAsync(Message("qwen-image-edit-plus", $"{Image(Picture())},{Image(Picture(768, 384))},{Text()}"));
        Assert.True(answer.Status == 200, answer.Text);
        Assert.True(answer.At("usage.width").GetInt32() > answer.At("usage.height").GetInt32(), answer.Text);
    }

    [Fact]
    public async Task Several_pictures_are_items_of_one_message()
    {
        var answer = await shared.Gateway.DrawAsync(Message("qwen-image-edit-plus", $"{Image(Picture())},{Text()}", """{"n":3,"size":"512*512"}"""));
        Assert.Equal(3, answer.At("output.choices.0.message.content").EnumerateArray().Select(item => item.GetProperty("image").GetString()).Distinct().Count());
        Assert.Equal((3, 3), (answer.At("usage.image_count").GetInt32(), answer.At("output.task_metric.SUCCEEDED").GetInt32()));
        Assert.Equal(1, answer.At("output.choices").GetArrayLength());
    }

    [Fact]
    public async Task A_result_can_be_edited_by_its_address()
    {
        var drawn = await shared.Gateway.DrawAsync(Message("qwen-image-2.0", Text(), """{"size":"512*512"}"""));
        var edited = await shared.Gateway.DrawAsync(
            Message("qwen-image-edit-plus", $"{Image(drawn.TextAt("output.choices.0.message.content.0.image")!)},{Text()}", """{"size":"512*512"}"""));
        Assert.True(edited.Status == 200, edited.Text);
    }

    [Theory]
    [InlineData(800, 500, null)]
    [InlineData(801, 500, "prompt")]
    [InlineData(800, 501, "negative_prompt")]
    [InlineData(801, 501, "prompt, negative_prompt")]
    public async Task Texts_that_are_too_long_are_cut_and_told(int prompt, int negative, string? truncated)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var answer = await mesh.Gateway.DrawAsync(
            Message("qwen-image-2.0", Text(Characters(prompt)), $$"""{"size":"512*512","negative_prompt":"{{Characters(negative)}}"}"""));
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(truncated, answer.Headers.GetValueOrDefault("x-qwenmesh-truncated"));
        Assert.Equal([Characters(800), Characters(500)], mesh.Encoder.Service.Requests.Single().Prompts);

        // Outside of the plane whose characters are one unit of UTF-16.
        static string Characters(int count) => string.Concat(Enumerable.Repeat("\U0001F534", count));
    }

    [Fact]
    public async Task Fields_without_influence_are_named_and_a_strict_gateway_refuses_unknown_ones()
    {
        var body = """
            {"model":"qwen-image-2.0","style":1,"input":{"messages":[{"role":"user","name":"x","content":[{"text":"a red circle","min_pixels":1}]}]},"parameters":{"size":"512*512","prompt_extend":true,"steps":4}}
            """;
        var answer = await shared.Gateway.DrawAsync(body);
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(
            ["parameters.prompt_extend", "style", "input.messages%5B0%5D.name", "input.messages%5B0%5D.content%5B0%5D.min_pixels", "parameters.steps"],
            answer.Headers["x-qwenmesh-ignored"].Split(", "));
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Strict"] = "true" });
        var refused = await mesh.Gateway.DrawAsync(body);
        Assert.Equal((400, "InvalidParameter"), (refused.Status, refused.TextAt("code")));
        Assert.Contains("style is not known", refused.TextAt("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_withheld_picture_is_left_out_and_when_all_are_the_request_is_refused()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(3)));
        var body = Message("qwen-image-2.0", Text(), """{"size":"512*512","n":2}""");
        var refused = await mesh.Gateway.DrawAsync(body);
        Assert.Equal((400, "DataInspectionFailed"), (refused.Status, refused.TextAt("code")));
        var answer = await mesh.Gateway.DrawAsync(body);
        Assert.Equal("""{"TOTAL":2,"SUCCEEDED":1,"FAILED":1}""", answer.At("output.task_metric").GetRawText());
        Assert.Equal((1, 1), (answer.At("output.choices.0.message.content").GetArrayLength(), answer.At("usage.image_count").GetInt32()));
        var prompt = await mesh.Gateway.DrawAsync(Message("qwen-image", Text("refused")));
        Assert.Equal((400, "DataInspectionFailed"), (prompt.Status, prompt.TextAt("code")));
    }
}
