using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Pictures;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>POST /v1/images/edits: the forms in which pictures come, sizes and what reaches the stages.</summary>
public sealed class EditTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly byte[] First = EditFiles.Png(10, 64, 64);
    private static readonly byte[] Second = EditFiles.Png(20, 128, 64);

    [Fact]
    public async Task A_file_and_an_instruction_are_an_edit()
    {
        using var response = await PostAsync(("image", First), ("prompt", "make it blue"), ("size", "512x576"), ("seed", "5"), ("num_inference_steps", "9"));
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 576), await InfoAsync(response));
        var encoded = shared.Mesh.Encoder.Service.Requests.Last();
        Assert.Equal(PromptTemplate.EditPlus, encoded.Template);
        Assert.Equal("make it blue", encoded.Prompts[0]);
        Assert.Equal(new WirePicture(64, 64, 10), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
        var (parameters, tensors) = shared.Mesh.Denoiser.Service.Requests.Last();
        Assert.Equal((5ul, 9, false), (parameters.Seed, parameters.NumInferenceSteps, parameters.Inpaint));
        Assert.Contains("reference", tensors.Keys);
    }

    [Fact]
    public async Task The_order_of_the_parts_is_the_order_of_the_pictures_whatever_their_names()
    {
        using var response = await PostAsync(("image[]", Second), ("prompt", "both"), ("image", First), ("image[]", Second), ("model", "qwen-image-edit"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([20, 10, 20], shared.Mesh.Encoder.Service.Pictures.Last().Select(picture => picture.First));
        Assert.Equal(3, shared.Mesh.Denoiser.Service.Requests.Last().Parameters.References.Count);
    }

    [Theory]
    [InlineData("""{"prompt":"x","image":"FIRST"}""", new byte[] { 10 })]
    [InlineData("""{"prompt":"x","image":["FIRST","SECOND"]}""", new byte[] { 10, 20 })]
    [InlineData("""{"prompt":"x","images":[{"image_url":"SECOND"},{"image_url":"FIRST"}]}""", new byte[] { 20, 10 })]
    [InlineData("""{"prompt":"x","images":["data:image/png;base64,FIRST"],"image":"data:;base64,SECOND"}""", new byte[] { 20, 10 })]
    [InlineData("""{"prompt":"x","url":"data:image/jpg;base64,FIRST"}""", new byte[] { 10 })]
    [InlineData("""{"prompt":"x","image":"FIRST\n"}""", new byte[] { 10 })]
    public async Task Json_holds_them_in_every_way_that_clients_write(string body, byte[] expected)
    {
        using var response = await shared.Gateway.PostAsync("/v1/images/edits", Fill(body));
        await InfoAsync(response);
        Assert.Equal(expected, shared.Mesh.Encoder.Service.Pictures.Last().Select(picture => picture.First));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Without_a_size_it_is_the_last_pictures(string? size)
    {
        (string, object)[] parts = [("image", First), ("image", Second), ("prompt", "both")];
        using var response = await PostAsync(size is null ? parts : [.. parts, ("size", size)]);
        // 1024 x 1024 pixels, twice as wide as high, in steps of 32 as the reference rounds.
        Assert.Equal(new ImageInfo(ImageFormat.Png, 1440, 736), await InfoAsync(response));
        Assert.Contains("\"size\":\"1440x736\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_transparent_in_the_mask_is_drawn_anew_and_nothing_else()
    {
        using var response = await PostAsync(("mask", EditFiles.Mask(512, 512)), ("prompt", "a hat"), ("image", EditFiles.Png(77, 512, 512)), ("size", "512x512"), ("seed", "9"));
        var drawn = new VipsDecoder().Decode(await FileAsync(response), new ImageLimits()).Pixels;
        var (parameters, tensors) = shared.Mesh.Denoiser.Service.Requests.Last();
        Assert.Equal((true, 1.0), (parameters.Inpaint, parameters.Strength));
        var mask = tensors["mask"];
        Assert.All(Enumerable.Range(0, 16), row => Assert.Equal((0, 1), (mask[row * 16], mask[(row * 16) + 15])));
        Assert.Equal((77, 77, 77), Pixel(drawn, 100, 200));
        // The fake's right half is white.
        Assert.Equal((255, 255, 255), Pixel(drawn, 400, 200));
    }

    [Fact]
    public async Task Several_pictures_and_every_format_are_answered()
    {
        using var response = await PostAsync(
            ("image", First), ("prompt", "x"), ("n", "2"), ("size", "512x512"), ("output_format", "webp"), ("output_compression", "40"), ("quality", "low"),
            ("background", "opaque"), ("response_format", "b64_json"), ("input_fidelity", "high"), ("user", "u"));
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var files = answer.RootElement.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("b64_json").GetBytesFromBase64()).ToArray();
        Assert.Equal([ImageFormat.WebP, ImageFormat.WebP], files.Select(file => ImageFormats.Sniff(file)!.Value));
        Assert.Equal("user", Assert.Single(response.Headers.GetValues("x-qwenmesh-ignored")));
    }

    [Fact]
    public async Task An_address_of_an_allowed_network_is_fetched()
    {
        await using var server = await PictureServer.ServingAsync(First);
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Pictures:PrivateNetworks:0"] = Samples.Loopback });
        using var response = await mesh.Gateway.PostAsync(
            "/v1/images/edits", $$$"""{"prompt":"x","size":"512x512","images":[{"image_url":"{{{server.Address()}}}"}]}""");
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 512), await InfoAsync(response));
        Assert.Equal(new WirePicture(64, 64, 10), Assert.Single(Assert.Single(mesh.Encoder.Service.Pictures)));
    }

    private static (byte, byte, byte) Pixel(ReadOnlyMemory<byte> pixels, int x, int y) =>
        (pixels.Span[((y * 512) + x) * 3], pixels.Span[(((y * 512) + x) * 3) + 1], pixels.Span[(((y * 512) + x) * 3) + 2]);

    private static string Fill(string body) => body
        .Replace("FIRST", Convert.ToBase64String(First), StringComparison.Ordinal).Replace("SECOND", Convert.ToBase64String(Second), StringComparison.Ordinal);

    private Task<HttpResponseMessage> PostAsync(params (string, object)[] parts) => Forms.PostAsync(shared.Gateway, "/v1/images/edits", parts);

    private static async Task<ImageInfo> InfoAsync(HttpResponseMessage response) => new VipsDecoder().Probe(await FileAsync(response), new ImageLimits());

    private static async Task<byte[]> FileAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        using var answer = JsonDocument.Parse(text);
        return Assert.Single(answer.RootElement.GetProperty("data").EnumerateArray()).GetProperty("b64_json").GetBytesFromBase64();
    }
}
