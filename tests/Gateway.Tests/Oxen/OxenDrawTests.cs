using System.Net;
using System.Text.Json.Nodes;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.Oxen;

/// <summary>POST /api/ai/images/generate and /edit.</summary>
public sealed class OxenDrawTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Generate = "/api/ai/images/generate";
    private const string Edit = "/api/ai/images/edit";

    [Theory]
    [InlineData("/api/ai/images/generate")]
    [InlineData("/api/images/generate")]
    public async Task The_answer_is_the_vendors_and_its_address_has_the_picture(string path)
    {
        using var response = await shared.Gateway.PostAsync(path, """{"model":"qwen-image","prompt":"a red circle","seed":7,"mood":"calm"}""");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Matches("""^{"model":"qwen-image","created":[0-9]+,"images":\[{"url":"http://[^"]+\.jpeg","revised_prompt":null}\]}$""", text);
        Assert.Equal("mood", Assert.Single(response.Headers.GetValues("x-qwenmesh-ignored")));
        Assert.Contains("total;dur=", Assert.Single(response.Headers.GetValues("Server-Timing")), StringComparison.Ordinal);
        var file = await shared.Gateway.Http.GetByteArrayAsync(new Uri((string)JsonNode.Parse(text)!["images"]![0]!["url"]!), TestContext.Current.CancellationToken);
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 1344, 768), Info(file));
        Assert.Equal(7ul, shared.Mesh.Denoiser.Service.Requests.Last().Parameters.Seed);
    }

    [Theory]
    [InlineData("qwen-image", "", 1344, 768, 30, 3.0, ImageFormat.Jpeg)]
    [InlineData("qwen/qwen-image", "", 1344, 768, 30, 3.0, ImageFormat.Jpeg)]
    [InlineData("qwen-image-2512", "", 1344, 768, 30, 3.0, ImageFormat.WebP)]
    [InlineData("qwen-image-2", "", 1344, 768, 30, 3.0, ImageFormat.Png)]
    [InlineData("qwen-image-nano", "", 1344, 768, 30, 3.0, ImageFormat.Png)]
    [InlineData("qwen-image-2", ",\"aspect_ratio\":\"2:1\"", 1408, 704, 30, 3.0, ImageFormat.Png)]
    [InlineData("qwen-image-2", ",\"aspect_ratio\":\"1:2\"", 704, 1408, 30, 3.0, ImageFormat.Png)]
    [InlineData("qwen-image", ",\"aspect_ratio\":\"2:3\"", 832, 1216, 30, 3.0, ImageFormat.Jpeg)]
    [InlineData("qwen-image", ",\"aspect_ratio\":\"4:3\",\"image_size\":\"optimize_for_speed\"", 1024, 768, 30, 3.0, ImageFormat.Jpeg)]
    [InlineData("qwen-image", ",\"image_size\":\"optimize_for_speed\"", 1024, 576, 30, 3.0, ImageFormat.Jpeg)]
    [InlineData("qwen-image", ",\"image_size\":\"optimize_for_quality\",\"output_format\":\"png\"", 1344, 768, 30, 3.0, ImageFormat.Png)]
    [InlineData("qwen-image", ",\"size\":\"512X576\",\"num_inference_steps\":50,\"guidance\":10", 512, 576, 50, 10.0, ImageFormat.Jpeg)]
    [InlineData("qwen-image", ",\"size\":\"auto\",\"num_inference_steps\":1,\"guidance\":0", 1344, 768, 1, 0.0, ImageFormat.Jpeg)]
    [InlineData("qwen-image", ",\"size\":null,\"n\":null,\"seed\":null,\"target_namespace\":\"me\",\"loras\":[]", 1344, 768, 30, 3.0, ImageFormat.Jpeg)]
    public async Task Parameters_and_the_models_defaults_are_honoured(string model, string fields, int width, int height, int steps, double guidance, ImageFormat format)
    {
        var file = Assert.Single(await FilesAsync(Generate, $$"""{"model":"{{model}}","prompt":"x","response_format":"b64_json"{{fields}}}"""));
        Assert.Equal(new ImageInfo(format, width, height), Info(file));
        var parameters = shared.Mesh.Denoiser.Service.Requests.Last().Parameters;
        Assert.Equal((steps, guidance), (parameters.NumInferenceSteps, parameters.TrueCfgScale));
    }

    [Fact]
    public async Task Several_pictures_have_the_seeds_after_the_first_ones()
    {
        using var response = await shared.Gateway.PostAsync(Generate, """{"model":"qwen-image","prompt":"x","negative_prompt":"y","size":"512x512","n":2,"seed":40}""");
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(2, answer["images"]!.AsArray().Select(image => (string?)image!["url"]).Distinct().Count());
        var requests = shared.Mesh.Denoiser.Service.Requests.TakeLast(2).ToArray();
        Assert.Equal([40ul, 41ul], requests.Select(request => request.Parameters.Seed).Order());
        Assert.All(requests, request => Assert.Equal(FakeEncoder.Embedding("y"), request.Tensors["negative_prompt_embeds"]));
    }

    [Fact]
    public async Task A_lower_quality_makes_a_smaller_file()
    {
        const string Body = """{"model":"qwen-image","prompt":"x","size":"512x512","response_format":"b64_json","output_quality":""";
        var small = Assert.Single(await FilesAsync(Generate, Body + "0}"));
        Assert.True(small.Length < Assert.Single(await FilesAsync(Generate, Body + "100}")).Length);
    }

    [Theory]
    [InlineData("/api/ai/images/edit", "qwen-image-edit", "\"input_image\":\"A\"", new byte[] { 10 }, 1344, 768)]
    [InlineData("/api/images/edit", "qwen-image-edit", "\"image\":\"A\",\"aspect_ratio\":\"1:1\"", new byte[] { 10 }, 1024, 1024)]
    [InlineData("/api/ai/images/edit", "qwen-image-edit-plus", "\"input_image\":[\"B\",\"A\"]", new byte[] { 20, 10 }, 1344, 768)]
    [InlineData("/api/ai/images/edit", "qwen-image-edit-2511", "\"input_image\":[\"B\"],\"aspect_ratio\":\"match_input_image\"", new byte[] { 20 }, 1440, 736)]
    [InlineData("/api/ai/images/edit", "qwen-image-2", "\"input_image\":\"B\",\"match_input_image\":true,\"enable_prompt_expansion\":false", new byte[] { 20 }, 1440, 736)]
    [InlineData("/api/ai/images/edit", "qwen-image-nano", "\"input_image\":\"A\",\"size\":\"512x512\"", new byte[] { 10 }, 512, 512)]
    public async Task Edits_take_the_pictures_in_their_order(string path, string model, string fields, byte[] pictures, int width, int height)
    {
        fields = fields.Replace("\"A\"", $"\"{OxenCalls.Picture(10)}\"", StringComparison.Ordinal).Replace("\"B\"", $"\"{OxenCalls.Picture(20, 128)}\"", StringComparison.Ordinal);
        var file = Assert.Single(await FilesAsync(path, $$"""{"model":"{{model}}","prompt":"add a hat","response_format":"b64_json",{{fields}}}"""));
        Assert.Equal(new ImageInfo(ImageFormat.Png, width, height), Info(file));
        Assert.Equal(PromptTemplate.EditPlus, shared.Mesh.Encoder.Service.Requests.Last().Template);
        Assert.Equal(pictures, shared.Mesh.Encoder.Service.Pictures.Last().Select(picture => picture.First));
    }

    [Fact]
    public async Task A_mask_keeps_what_it_does_not_mark_and_the_pictures_shape()
    {
        var mask = Convert.ToBase64String(OpenAi.EditFiles.Mask(512, 512));
        var file = Assert.Single(await FilesAsync(Edit,
            $$"""{"model":"qwen-image-edit","prompt":"x","image":"{{OxenCalls.Picture(10, 512, 512)}}","mask":"{{mask}}","response_format":"b64_json"}"""));
        var drawn = new VipsDecoder().Decode(file, new ImageLimits());
        Assert.Equal((1024, 1024), (drawn.Width, drawn.Height));
        Assert.Equal(10, drawn.Pixels.Span[0]);
        Assert.NotEqual(10, drawn.Pixels.Span[3 * 1000]);
    }

    [Fact]
    public async Task Prompt_expansion_is_named_as_without_influence()
    {
        using var response = await shared.Gateway.PostAsync(Generate, """{"model":"qwen-image-2","prompt":"x","size":"512x512","enable_prompt_expansion":true}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("enable_prompt_expansion", Assert.Single(response.Headers.GetValues("x-qwenmesh-ignored")));
    }

    private async Task<byte[][]> FilesAsync(string path, string body)
    {
        using var response = await shared.Gateway.PostAsync(path, body);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal(text.Length, response.Content.Headers.ContentLength);
        return [.. JsonNode.Parse(text)!["images"]!.AsArray().Select(image => Convert.FromBase64String((string)image!["b64_json"]!))];
    }

    private static ImageInfo Info(byte[] file) => new VipsDecoder().Probe(file, new ImageLimits());
}
