using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>POST /v1/images/generations.</summary>
public sealed class OpenAiTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Path = "/v1/images/generations";

    [Fact]
    public async Task The_answer_has_the_vendors_fields()
    {
        using var response = await shared.Gateway.PostAsync(Path, """{"model":"qwen-image","prompt":"a red circle","size":"512x576","n":1,"user":"u-1"}""");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Matches("""^{"id":"[0-9a-f-]{36}","created":[0-9]+,"background":"opaque","output_format":"png","quality":"auto","size":"512x576","inference_time_s":[0-9.E-]+,"data":\[{"b64_json":"[A-Za-z0-9+/=]+"}\]}$""", text);
        Assert.Equal(text.Length, response.Content.Headers.ContentLength);
        Assert.Equal("user", Assert.Single(response.Headers.GetValues("x-qwenmesh-ignored")));
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 576), Info(text));
    }

    [Theory]
    [InlineData("""{"prompt":"x"}""", 1024, 1024, 30, 4.0)]
    [InlineData("""{"prompt":"x","size":"auto","n":null,"quality":null,"background":null,"stream":null,"response_format":null}""", 1024, 1024, 30, 4.0)]
    [InlineData("""{"prompt":"x","size":"768X512","steps":8,"guidance_scale":2}""", 768, 512, 8, 2.0)]
    [InlineData("""{"prompt":"x","size":"768x512","width":512,"height":640,"num_inference_steps":9,"steps":8}""", 512, 640, 9, 4.0)]
    [InlineData("""{"prompt":"x","true_cfg_scale":1.5,"cfg_scale":2,"guidance_scale":3,"stream":false,"partial_images":0}""", 1024, 1024, 30, 1.5)]
    [InlineData("""{"prompt":"x","cfg_scale":2,"guidance_scale":3}""", 1024, 1024, 30, 2.0)]
    public async Task Fields_of_all_who_speak_it_are_taken(string body, int width, int height, int steps, double guidance)
    {
        using var response = await shared.Gateway.PostAsync(Path, body);
        Assert.Equal(new ImageInfo(ImageFormat.Png, width, height), Info(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        var parameters = shared.Mesh.Denoiser.Service.Requests.Last().Parameters;
        Assert.Equal((steps, guidance), (parameters.NumInferenceSteps, parameters.TrueCfgScale));
        Assert.False(response.Headers.Contains("x-qwenmesh-ignored"));
    }

    [Fact]
    public async Task A_seed_and_a_negative_prompt_are_honoured()
    {
        using var response = await shared.Gateway.PostAsync(Path, """{"prompt":"p","negative_prompt":"n","seed":4294967295,"size":"512x512"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var (parameters, tensors) = shared.Mesh.Denoiser.Service.Requests.Last();
        Assert.Equal(4294967295ul, parameters.Seed);
        Assert.Equal(FakeEncoder.Embedding("n"), tensors["negative_prompt_embeds"]);
    }

    [Theory]
    [InlineData("jpeg", ImageFormat.Jpeg)]
    [InlineData("jpg", ImageFormat.Jpeg)]
    [InlineData("webp", ImageFormat.WebP)]
    [InlineData("png", ImageFormat.Png)]
    public async Task The_file_has_the_format_asked_for(string name, ImageFormat format)
    {
        using var response = await shared.Gateway.PostAsync(Path, $$"""{"prompt":"x","size":"512x512","output_format":"{{name}}"}""");
        Assert.Equal(format, Info(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Format);
    }

    [Fact]
    public async Task Compression_and_quality_make_smaller_files()
    {
        var best = await LengthAsync("\"seed\":1");
        Assert.Equal(best, await LengthAsync("\"output_compression\":100,\"seed\":1"));
        Assert.True(await LengthAsync("\"quality\":\"low\",\"seed\":1") < best);
        Assert.Equal(await LengthAsync("\"quality\":\"low\",\"seed\":1"), await LengthAsync("\"output_compression\":35,\"quality\":\"high\",\"seed\":1"));
        Assert.True(await LengthAsync("\"output_compression\":0,\"seed\":1") < best);
    }

    [Theory]
    [InlineData("{}", "prompt is required", "prompt", "missing_required_parameter")]
    [InlineData("""{"prompt":""}""", "prompt must not be empty", "prompt", "invalid_value")]
    [InlineData("""{"prompt":7}""", "prompt must be a string", "prompt", "invalid_type")]
    [InlineData("""{"prompt":"x","n":0}""", "n must be at least 1", "n", "invalid_value")]
    [InlineData("""{"prompt":"x","n":11}""", "n must be at most 10", "n", "invalid_value")]
    [InlineData("""{"prompt":"x","size":"big"}""", "size: a size is 'auto' or WIDTHxHEIGHT in pixels, e.g. '1024x1024'", "size", "invalid_value")]
    [InlineData("""{"prompt":"x","size":"99999x1"}""", "size: a size is 'auto' or WIDTHxHEIGHT in pixels, e.g. '1024x1024'", "size", "invalid_value")]
    [InlineData("""{"prompt":"x","size":"64x64"}""", "size must be at least 256", "size", "invalid_value")]
    [InlineData("""{"prompt":"x","width":512}""", "height: width and height come together", "height", "invalid_value")]
    [InlineData("""{"prompt":"x","steps":95}""", "steps must be at most 90", "steps", "invalid_value")]
    [InlineData("""{"prompt":"x","partial_images":1}""", "partial_images: partial images are events of a stream; ask for stream, too", "partial_images", "invalid_value")]
    [InlineData("""{"prompt":"x","stream":true,"partial_images":4}""", "partial_images must be at most 3", "partial_images", "invalid_value")]
    [InlineData("""{"prompt":"x","response_format":"uri"}""", "response_format must be 'b64_json', 'url' or 'file'", "response_format", "invalid_value")]
    [InlineData("""{"prompt":"x","background":"transparent"}""", "background: the model draws opaque pictures; ask for 'opaque' or 'auto'", "background", "invalid_value")]
    [InlineData("""{"prompt":"x","output_compression":50}""", "output_compression: PNG files lose nothing; less than 100 needs 'jpeg' or 'webp' as output_format", "output_compression", "invalid_value")]
    [InlineData("""{"prompt":"x","style":"vivid"}""", "style: the model has no styles; say it in the prompt", "style", "invalid_value")]
    [InlineData("""{"prompt":"x","lora":{"path":"a"}}""", "lora: adapters are not served here", "lora", "invalid_value")]
    [InlineData("""{"prompt":"x","quality":"best"}""", "quality must be 'auto', 'standard', 'hd', 'low', 'medium', 'high', 'xhigh' or 'max'", "quality", "invalid_value")]
    [InlineData("[]", "the request body must be an object", null, "invalid_type")]
    public async Task What_is_refused_is_told_in_the_vendors_shape(string body, string message, string? param, string code)
    {
        using var response = await shared.Gateway.PostAsync(Path, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var expected = new { error = new { message, type = "invalid_request_error", param, code }, detail = message };
        Assert.Equal(expected, await ReadAsync(response, expected));
    }

    [Fact]
    public async Task Malformed_json_and_other_types_are_refused_in_it_too()
    {
        using var malformed = await shared.Gateway.PostAsync(Path, "{");
        Assert.Equal(HttpStatusCode.BadRequest, malformed.StatusCode);
        Assert.Contains("\"type\":\"invalid_request_error\"", await malformed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        using var form = new ByteArrayContent([1]);
        form.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        using var other = await shared.Gateway.Http.PostAsync(new Uri(Path, UriKind.Relative), form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, other.StatusCode);
    }

    [Fact]
    public async Task Another_model_is_not_found()
    {
        using var response = await shared.Gateway.PostAsync(Path, """{"prompt":"x","model":"dall-e-3"}""");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var message = "The model 'dall-e-3' does not exist here; served are qwen/qwen-image, qwen/qwen-image-edit, qwen/qwen-image-nano";
        var expected = new { error = new { message, type = "invalid_request_error", param = "model", code = "model_not_found" }, detail = message };
        Assert.Equal(expected, await ReadAsync(response, expected));
    }

    private async Task<int> LengthAsync(string fields)
    {
        using var response = await shared.Gateway.PostAsync(Path, $$"""{"prompt":"x","size":"512x512","output_format":"jpeg",{{fields}}}""");
        return File(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Length;
    }

    private static byte[] File(string answer) =>
        JsonDocument.Parse(answer).RootElement.GetProperty("data")[0].GetProperty("b64_json").GetBytesFromBase64();

    private static ImageInfo Info(string answer) => new VipsDecoder().Probe(File(answer), new ImageLimits());

    private static async Task<T?> ReadAsync<T>(HttpResponseMessage response, T like)
    {
        _ = like;
        return JsonSerializer.Deserialize<T>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
