using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>POST /v1/chat/completions, as vLLM-Omni takes it.</summary>
public sealed class ChatTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Path = "/v1/chat/completions";

    private static readonly string Picture = $"data:image/png;base64,{Convert.ToBase64String(EditFiles.Png(10, 64, 64))}";

    [Fact]
    public async Task A_text_is_drawn()
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, """
            {"model":"qwen-image","messages":[{"role":"user","content":"a red circle"}],"temperature":1,
             "extra_body":{"height":576,"width":512,"num_inference_steps":9,"guidance_scale":3,"true_cfg_scale":2,"seed":5,"negative_prompt":"n","bogus":1}}
            """);
        Assert.Equal(200, answer.Status);
        Assert.Equal("temperature, extra_body.bogus", Uri.UnescapeDataString(answer.Headers["x-qwenmesh-ignored"]));
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 576), Info(answer, 0));
        Assert.Equal(("chat.completion", "qwen-image", "assistant", "stop"), (answer.TextAt("object"), answer.TextAt("model"), answer.TextAt("choices.0.message.role"), answer.TextAt("choices.0.finish_reason")));
        Assert.StartsWith("chatcmpl-", answer.TextAt("id"), StringComparison.Ordinal);
        Assert.Equal(0, answer.At("usage.total_tokens").GetInt32());
        Assert.Equal("a red circle", shared.Mesh.Encoder.Service.Requests.Last().Prompts[0]);
        var parameters = shared.Mesh.Denoiser.Service.Requests.Last().Parameters;
        Assert.Equal((5ul, 9, 2.0), (parameters.Seed, parameters.NumInferenceSteps, parameters.TrueCfgScale));
    }

    [Fact]
    public async Task Pictures_of_the_message_are_edited()
    {
        var answer = await shared.Gateway.CallAsync(HttpMethod.Post, Path, $$$"""
            {"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{Picture}}}"}},{"type":"text","text":"make it"},{"type":"text","text":"blue"}]}],
             "size":"512x512","num_outputs_per_prompt":2,"output_format":"jpeg"}
            """);
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(2, answer.At("choices.0.message.content").GetArrayLength());
        Assert.StartsWith("data:image/jpeg;base64,", answer.TextAt("choices.0.message.content.1.image_url.url"), StringComparison.Ordinal);
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 512, 512), Info(answer, 1));
        Assert.Equal("make it\nblue", shared.Mesh.Encoder.Service.Requests.Last().Prompts[0]);
        Assert.Equal(new WirePicture(64, 64, 10), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
    }

    [Theory]
    [InlineData("{}", "messages is required", "messages")]
    [InlineData("""{"messages":[]}""", "messages: a picture is drawn from one message, of the role 'user'; conversations are not read", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}""", "messages: a picture is drawn from one message, of the role 'user'; conversations are not read", "messages")]
    [InlineData("""{"messages":"x"}""", null, "messages")]
    [InlineData("""{"messages":[{"role":"assistant","content":"a"}]}""", null, "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "messages[0].content is required", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":""}]}""", "messages[0].content must not be empty", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":[]}]}""", "messages[0].content: there is no text that says what to draw", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url"}]}]}""", "messages[0].content[1].image_url is required", "messages[0].content[1].image_url")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"!"}}]}]}""", "messages[0].content[1].image_url.url: the picture is neither an address, a data URI nor valid base64", "messages[0].content[1].image_url.url")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}""", null, "messages[0].content[0].type")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stream":true}""", "stream: a picture is not told in pieces of text; POST /v1/images/generations streams previews", "stream")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"extra_body":{"lora":{"name":"a"}}}""", "extra_body.lora: adapters are not served here", "extra_body.lora")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"extra_body":{"steps":0}}""", "extra_body.steps must be at least 1", "extra_body.steps")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"model":"gpt-4o"}""", null, "model")]
    public async Task What_is_refused_is_told_in_the_vendors_shape(string body, string? message, string param)
    {
        var refused = await shared.Gateway.CallAsync(HttpMethod.Post, Path, body);
        Assert.Equal((param == "model" ? 404 : 400, param), (refused.Status, refused.TextAt("error.param")));
        Assert.True(message is null || message == refused.TextAt("error.message"), refused.Text);
    }

    [Fact]
    public async Task A_withheld_picture_is_refused()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithheldPictures()));
        var refused = await mesh.Gateway.CallAsync(HttpMethod.Post, Path, """{"messages":[{"role":"user","content":"x"}],"size":"512x512"}""");
        Assert.Equal((400, "moderation_blocked"), (refused.Status, refused.TextAt("error.code")));
    }

    private static ImageInfo Info(JsonReply answer, int index)
    {
        var url = answer.TextAt($"choices.0.message.content.{index}.image_url.url")!;
        return new VipsDecoder().Probe(Convert.FromBase64String(url[(url.IndexOf(',', StringComparison.Ordinal) + 1)..]), new ImageLimits());
    }
}
