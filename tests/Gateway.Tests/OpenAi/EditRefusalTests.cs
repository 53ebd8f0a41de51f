using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>POST /v1/images/edits: what is refused, with its field and reason, and nothing reaches a stage.</summary>
public sealed class EditRefusalTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly byte[] Picture = EditFiles.Png(10, 64, 64);

    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "bomb", EditFiles.Rgba(60_000, 60_000, new byte[1 + (4 * 60_000)], 20), "accepted are" },
        { "20,000 by 1", EditFiles.Rgba(20_000, 1, new byte[1 + (4 * 20_000)], 1), "accepted are" },
        { "1 by 1", EditFiles.Png(1, 1, 1), "a side needs at least 16 pixels" },
        { "truncated", EditFiles.Rgba(64, 64, new byte[1 + (4 * 64)], 10), "" },
        { "SVG", "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>"u8.ToArray(), "" },
        { "TIFF", [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "" },
        { "PDF", "%PDF-1.7\n1 0 obj\n"u8.ToArray(), "" },
        { "text", "this is no picture at all"u8.ToArray(), "" },
        { "empty", [], "" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_file_that_is_no_good_is_400(string what, byte[] file, string reason)
    {
        var before = shared.Mesh.Encoder.Service.Calls.Count;
        foreach (var (name, parts) in new (string, (string, object)[])[]
        {
            ("image", [("prompt", "x"), ("image", file)]),
            ("mask", [("image", Picture), ("mask", file), ("prompt", "x")]),
        })
        {
            var (message, param) = await RefusedAsync(parts);
            Assert.True(param is null || param == name, $"{what} as {name}: {param}: {message}");
            // What only the pixels show is told of the picture by its place.
            Assert.True(param == name || message.Contains(name == "image" ? "reference 1" : "mask", StringComparison.Ordinal), message);
            Assert.True(name == "mask" || message.Contains(reason, StringComparison.Ordinal), message);
        }
        Assert.Equal(before, shared.Mesh.Encoder.Service.Calls.Count);
    }

    [Fact]
    public async Task An_opaque_mask_and_one_of_another_size_are_refused_with_the_reason()
    {
        Assert.Equal(
            ("mask: it has no alpha channel, so it is opaque everywhere and marks nothing: what is transparent in it (alpha 0) is drawn anew", "mask"),
            await RefusedAsync(("image", Picture), ("prompt", "x"), ("mask", Picture)));
        Assert.Equal(
            ("the mask is opaque everywhere and marks nothing: what is transparent in it (alpha 0) is drawn anew", null),
            await RefusedAsync(("image", Picture), ("prompt", "x"), ("mask", EditFiles.Mask(64, 64, alphaOfRightHalf: 255))));
        Assert.Equal(
            ("mask: it is 32x64 and its picture 64x64; they must have the same size", "mask"),
            await RefusedAsync(("image", Picture), ("prompt", "x"), ("mask", EditFiles.Mask(32, 64))));
    }

    [Fact]
    public async Task Too_many_pictures_are_refused_before_any_is_decoded()
    {
        var parts = Enumerable.Repeat(("image[]", (object)Picture), 5).Append(("prompt", "x")).ToArray();
        Assert.Equal(("image must have at most 4 items", "image"), await RefusedAsync(parts));
        parts = Enumerable.Repeat(("image", (object)Picture), 17).Append(("prompt", "x")).ToArray();
        Assert.Equal(("image must have at most 16 items", "image"), await RefusedAsync(parts));
        Assert.Equal(
            ("image must have at most 1 items", "image"),
            await RefusedAsync(("image", Picture), ("image", Picture), ("mask", EditFiles.Mask(64, 64)), ("prompt", "x")));
    }

    [Theory]
    [InlineData("""{"prompt":"x"}""", "image is required", "image")]
    [InlineData("""{"prompt":"x","images":[]}""", "image is required", "image")]
    [InlineData("""{"prompt":"x","image":7}""", "image must be a picture: a file, a URL, a data URI or base64", "image")]
    [InlineData("""{"prompt":"x","images":[{"file_id":"file-1"}]}""", "images[0].file_id: files are not kept here; send the picture itself, as image_url", "images[0].file_id")]
    [InlineData("""{"prompt":"x","images":[{}]}""", "images[0].image_url is required", "images[0].image_url")]
    [InlineData("""{"prompt":"x","images":[{"image_url":"!"}]}""", "images[0].image_url: the picture is neither an address, a data URI nor valid base64", "images[0].image_url")]
    [InlineData("""{"prompt":"x","image":"ftp://example.com/a.png"}""", null, "image")]
    [InlineData("""{"prompt":"x","image":"http://127.0.0.1:9/a.png"}""", null, "image")]
    [InlineData("""{"prompt":"x","image":"http://169.254.169.254/latest/meta-data"}""", null, "image")]
    [InlineData("""{"prompt":"x","image":"!","input_fidelity":"low"}""", "input_fidelity: the model always sees the whole picture; ask for 'high' or leave it out", "input_fidelity")]
    [InlineData("""{"prompt":"x","image":"!","background":"transparent"}""", "background: the model draws opaque pictures; ask for 'opaque' or 'auto'", "background")]
    public async Task A_json_that_is_no_good_is_400(string body, string? message, string param)
    {
        using var response = await shared.Gateway.PostAsync("/v1/images/edits", body);
        var refused = await ReadAsync(response);
        Assert.Equal(param, refused.Param);
        Assert.True(message is null || message == refused.Message, refused.Message);
    }

    [Fact]
    public async Task A_generation_takes_no_picture()
    {
        using var response = await shared.Gateway.PostAsync("/v1/images/generations", """{"prompt":"x","image":"AAAA"}""");
        Assert.Equal(("image: a generation takes no pictures; POST /v1/images/edits edits them", "image"), await ReadAsync(response));
    }

    [Fact]
    public async Task A_model_that_only_draws_says_so()
    {
        await using var mesh = await FakeMesh.StartAsync(models: (_, denoiser, _) => denoiser.Model.PipelineClass = "QwenImagePipeline");
        using var response = await Forms.PostAsync(mesh.Gateway, "/v1/images/edits", ("image", Picture), ("prompt", "x"));
        Assert.Equal(("image: qwen-image-nano makes pictures from text and does not edit pictures", "image"), await ReadAsync(response));
    }

    [Fact]
    public async Task Another_model_is_not_found()
    {
        using var response = await Forms.PostAsync(shared.Gateway, "/v1/images/edits", ("image", Picture), ("prompt", "x"), ("model", "gpt-image-1"));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("model_not_found", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private async Task<(string Message, string? Param)> RefusedAsync(params (string, object)[] parts)
    {
        using var response = await Forms.PostAsync(shared.Gateway, "/v1/images/edits", parts);
        return await ReadAsync(response);
    }

    private static async Task<(string Message, string? Param)> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{(int)response.StatusCode}: {text}");
        using var answer = JsonDocument.Parse(text);
        var error = answer.RootElement.GetProperty("error");
        return (error.GetProperty("message").GetString()!, error.GetProperty("param").GetString());
    }
}
