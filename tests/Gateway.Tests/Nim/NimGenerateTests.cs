using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Nim;

public sealed class NimGenerateTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string VendorSample =
        """
        {
        "prompt": "a big red circle on a blue background",
        "mode": "base",
        "cfg_scale": 4,
        "width": 1024,
        "height": 1024,
        "seed": 7,
        "steps": 20
        }
        """;

    [Theory]
    [InlineData("/v1/infer")]
    [InlineData("/v1/genai/qwen/qwen-image")]
    [InlineData("/v1/genai/Qwen/Qwen-Image")]
    public async Task The_vendors_sample_gets_a_jpeg(string path)
    {
        using var response = await shared.Gateway.PostAsync(path, VendorSample);

        var artifact = await Artifact.ReadAsync(response);
        Assert.Equal("SUCCESS", artifact.FinishReason);
        Assert.Equal(7ul, artifact.Seed);
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 1024, 1024), artifact.Info);
    }

    [Fact]
    public async Task The_body_is_compact_with_plain_base64_and_no_brace_is_in_the_headers()
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", VendorSample);

        var artifact = await Artifact.ReadAsync(response);
        Assert.Equal($$"""{"artifacts":[{"base64":"{{Convert.ToBase64String(artifact.File)}}","finishReason":"SUCCESS","seed":7}]}""", artifact.Body);
        Assert.Equal(artifact.Body.Length, response.Content.Headers.ContentLength);
        Assert.DoesNotContain("{", response.Headers.ToString() + response.Content.Headers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Seconds_of_the_stages_and_an_id_are_in_the_headers()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new StringContent(VendorSample) };
        request.Headers.Add("x-request-id", "order-17");
        using var response = await shared.Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("order-17", Assert.Single(response.Headers.GetValues("x-request-id")));
        var timing = Assert.Single(response.Headers.GetValues("Server-Timing"));
        Assert.Matches("^encode;dur=[0-9.]+, denoise;dur=[0-9.]+, decode;dur=[0-9.]+, image;dur=[0-9.]+, total;dur=[0-9.]+, ", timing);
        Assert.Contains("denoise-compute;dur=500,", timing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("png", ImageFormat.Png)]
    [InlineData("jpeg", ImageFormat.Jpeg)]
    [InlineData("JPG", ImageFormat.Jpeg)]
    [InlineData("webp", ImageFormat.WebP)]
    public async Task The_file_has_the_format_asked_for(string name, ImageFormat format)
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","output_format":"{{name}}"}""");
        Assert.Equal(format, (await Artifact.ReadAsync(response)).Info.Format);
    }

    [Fact]
    public async Task A_png_holds_the_models_pixels_exactly()
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", """{"prompt":"x","output_format":"png","seed":200,"width":512,"height":576}""");

        var image = new VipsDecoder().Decode((await Artifact.ReadAsync(response)).File, new ImageLimits());
        Assert.Equal((512, 576), (image.Width, image.Height));
        Assert.True(image.Pixels.Span.SequenceEqual(FakeVae.Picture(512, 576, red: 200)));
    }

    [Theory]
    [InlineData("1:1", 1024, 1024)]
    [InlineData("16:9", 1344, 768)]
    [InlineData("9:16", 768, 1344)]
    [InlineData("4:3", 1152, 896)]
    [InlineData("3:4", 896, 1152)]
    [InlineData("3:2", 1216, 832)]
    [InlineData("2:3", 832, 1216)]
    public async Task An_aspect_ratio_gives_the_profiles_size(string ratio, int width, int height)
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","aspect_ratio":"{{ratio}}"}""");
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, width, height), (await Artifact.ReadAsync(response)).Info);
    }

    [Theory]
    [InlineData("""{"prompt":"x","width":1328,"height":1328}""", 1328, 1328, 40, 40)]
    [InlineData("""{"prompt":"x","width":1664,"height":928}""", 1664, 928, 52, 28)]
    [InlineData("""{"prompt":"x","width":1000,"height":750}""", 1000, 750, 30, 22)]
    [InlineData("""{"prompt":"x","width":1664,"height":512}""", 1664, 512, 52, 16)]
    [InlineData("""{"prompt":"x","width":513,"height":1663}""", 513, 1663, 16, 50)]
    [InlineData("""{"prompt":"x","width":1664,"height":1664}""", 1664, 1664, 52, 52)]
    [InlineData("""{"prompt":"x","width":640}""", 640, 1024, 20, 32)]
    [InlineData("""{"prompt":"x"}""", 1024, 1024, 32, 32)]
    [InlineData("""{"prompt":"x","width":512,"height":512,"aspect_ratio":"1:1"}""", 512, 512, 16, 16)]
    [InlineData("""{"prompt":"x","width":"768","height":768.0}""", 768, 768, 24, 24)]
    public async Task A_size_is_generated_at_the_models_multiple_and_returned_as_asked(string body, int width, int height, int latentWidth, int latentHeight)
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", body);

        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, width, height), (await Artifact.ReadAsync(response)).Info);
        var parameters = shared.Mesh.Denoiser.Service.Requests.Last().Parameters;
        Assert.Equal((latentWidth, latentHeight), (parameters.LatentWidth, parameters.LatentHeight));
    }

    [Fact]
    public async Task A_resized_picture_is_the_generated_one_resized()
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", """{"prompt":"x","output_format":"png","seed":200,"width":600,"height":600}""");

        var expected = ImageResizer.Resize(new RgbImage(576, 576, FakeVae.Picture(576, 576, red: 200)), 600, 600);
        var image = new VipsDecoder().Decode((await Artifact.ReadAsync(response)).File, new ImageLimits());
        Assert.True(image.Pixels.Span.SequenceEqual(expected.Pixels.Span));
    }

    [Fact]
    public async Task Absent_fields_and_nulls_get_the_defaults()
    {
        var nulls = """
            {"prompt":"x","negative_prompt":null,"image":null,"mode":null,"width":null,"height":null,"aspect_ratio":null,
             "cfg_scale":null,"seed":null,"steps":null,"samples":null,"output_format":null}
            """;
        foreach (var body in new[] { """{"prompt":"x"}""", nulls })
        {
            using var response = await shared.Gateway.PostAsync("/v1/infer", body);
            var seed = (await Artifact.ReadAsync(response)).Seed;

            var (parameters, tensors) = shared.Mesh.Denoiser.Service.Requests.Last();
            Assert.Equal((30, 4.0, seed), (parameters.NumInferenceSteps, parameters.TrueCfgScale, parameters.Seed));
            Assert.Equal(FakeEncoder.Embedding(" "), tensors["negative_prompt_embeds"]);
            Assert.False(response.Headers.Contains("x-qwenmesh-ignored"));
        }
    }

    [Fact]
    public async Task Seed_0_is_random_and_the_one_used_is_returned()
    {
        var seeds = new HashSet<ulong>();
        for (var i = 0; i < 4; i++)
        {
            using var response = await shared.Gateway.PostAsync("/v1/infer", """{"prompt":"x","seed":0,"width":512,"height":512}""");
            var seed = (await Artifact.ReadAsync(response)).Seed;
            Assert.Equal(seed, shared.Mesh.Denoiser.Service.Requests.Last().Parameters.Seed);
            Assert.InRange(seed, 1ul, uint.MaxValue);
            seeds.Add(seed);
        }
        Assert.True(seeds.Count > 1, "four random seeds are all the same");
    }

    [Theory]
    [InlineData("""{"prompt":"p","negative_prompt":"n","cfg_scale":4}""", "n")]
    [InlineData("""{"prompt":"p","negative_prompt":"","cfg_scale":4}""", "")]
    [InlineData("""{"prompt":"p","cfg_scale":4}""", " ")]
    [InlineData("""{"prompt":"p","negative_prompt":"n","cfg_scale":1}""", null)]
    [InlineData("""{"prompt":"p","cfg_scale":0}""", null)]
    public async Task The_negative_prompt_reaches_the_denoiser_while_guidance_is_on(string body, string? negative)
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", body);
        await Artifact.ReadAsync(response);

        var tensors = shared.Mesh.Denoiser.Service.Requests.Last().Tensors;
        Assert.Equal(FakeEncoder.Embedding("p"), tensors["prompt_embeds"]);
        Assert.Equal(negative is null ? null : FakeEncoder.Embedding(negative), tensors.GetValueOrDefault("negative_prompt_embeds"));
    }

    [Fact]
    public async Task Fields_without_influence_are_named_in_a_header()
    {
        using var response = await shared.Gateway.PostAsync(
            "/v1/infer", """{"prompt":"x","sampler":"K_EULER","disable_safety_checker":true,"{\r\n":1,"sampler":"again"}""");

        await Artifact.ReadAsync(response);
        Assert.Equal("disable_safety_checker, sampler, %7B%0D%0A", Assert.Single(response.Headers.GetValues("x-qwenmesh-ignored")));
    }

    [Fact]
    public async Task Any_mode_without_a_picture_is_accepted()
    {
        foreach (var mode in new[] { "", "base", "Image Generation", "whatever" })
        {
            using var response = await shared.Gateway.PostAsync("/v1/infer", JsonSerializer.Serialize(new { prompt = "x", mode, image = "" }));
            await Artifact.ReadAsync(response);
        }
    }

    [Fact]
    public async Task A_prompt_may_have_10000_characters_and_not_one_more()
    {
        // Four bytes of UTF-8 and two of .NET's characters each, and still one character.
        var longest = string.Concat(Enumerable.Repeat("🎨", 10_000));
        using var accepted = await shared.Gateway.PostAsync("/v1/infer", JsonSerializer.Serialize(new { prompt = longest }));
        await Artifact.ReadAsync(accepted);
        Assert.Equal(longest, shared.Mesh.Encoder.Service.Requests.Last().Prompts[0]);
        Assert.Equal("prompt", Assert.Single(accepted.Headers.GetValues("x-qwenmesh-truncated")));

        using var refused = await shared.Gateway.PostAsync("/v1/infer", JsonSerializer.Serialize(new { prompt = new string('x', 10_001) }));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var body = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"type\":\"string_too_long\",\"loc\":[\"body\",\"prompt\"]", body, StringComparison.Ordinal);
        Assert.True(body.Length < 5000, "the whole prompt is sent back");
    }

    [Fact]
    public async Task Chunked_bodies_other_content_types_and_unused_headers_are_taken()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(VendorSample)) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        request.Headers.Add("Accept", "application/json");
        request.Headers.Add("Authorization", "Bearer nvapi-anything");
        request.Headers.Add("NVCF-POLL-SECONDS", "60");
        using var response = await shared.Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(7ul, (await Artifact.ReadAsync(response)).Seed);
    }

    [Theory]
    [InlineData("{\"prompt\":\"\\ud800\"}")]
    [InlineData("{\"\\udc00\":1,\"prompt\":\"x\"}")]
    public async Task Half_a_surrogate_pair_is_refused(string body)
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("json_invalid", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_refused()
    {
        using var content = new ByteArrayContent([.. "{\"prompt\":\""u8, 0xFF, 0xFE, .. "\"}"u8]);
        using var response = await shared.Gateway.Http.PostAsync(new Uri("/v1/infer", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task Unknown_paths_and_wrong_methods_are_answered_as_the_vendor_does()
    {
        using var unknown = await shared.Gateway.Http.GetAsync(new Uri("/v1/completions", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("404 page not found", await unknown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        using var method = await shared.Gateway.Http.GetAsync(new Uri("/v1/infer", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        Assert.Equal("""{"detail":"Method Not Allowed"}""", await method.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
