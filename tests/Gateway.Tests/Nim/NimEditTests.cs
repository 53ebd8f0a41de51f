using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>POST /v1/infer with a picture.</summary>
public sealed class NimEditTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly string First = Convert.ToBase64String(EditFiles.Png(10, 64, 64));
    private static readonly string Second = Convert.ToBase64String(EditFiles.Png(20, 128, 64));

    [Theory]
    [InlineData("/v1/infer")]
    [InlineData("/v1/genai/qwen/qwen-image-edit")]
    [InlineData("/v1/genai/qwen/qwen-image")]
    public async Task A_picture_and_a_prompt_are_an_edit(string path)
    {
        using var response = await shared.Gateway.PostAsync(path, Json(new { prompt = "make it blue", image = "data:image/png;base64," + First, seed = 5, mode = "base" }));
        var artifact = await Artifact.ReadAsync(response);
        Assert.Equal((5ul, new ImageInfo(ImageFormat.Jpeg, 1024, 1024)), (artifact.Seed, artifact.Info));
        Assert.Equal(PromptTemplate.EditPlus, shared.Mesh.Encoder.Service.Requests.Last().Template);
        Assert.Equal(new WirePicture(64, 64, 10), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
    }

    [Fact]
    public async Task A_list_keeps_its_order_and_bare_base64_is_taken()
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", Json(new { prompt = "both", image = new[] { Second, First }, mode = "Image Editing" }));
        await Artifact.ReadAsync(response);
        Assert.Equal([20, 10], shared.Mesh.Encoder.Service.Pictures.Last().Select(picture => picture.First));
    }

    [Theory]
    [InlineData("\"seed\":1", 1440, 736)]
    [InlineData("\"aspect_ratio\":\"match_input_image\"", 1440, 736)]
    [InlineData("\"aspect_ratio\":\"16:9\"", 1344, 768)]
    [InlineData("\"width\":512,\"height\":640", 512, 640)]
    public async Task The_size_is_the_pictures_unless_one_is_asked_for(string fields, int width, int height)
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","image":"{{Second}}",{{fields}}}""");
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, width, height), (await Artifact.ReadAsync(response)).Info);
    }

    [Fact]
    public async Task An_empty_picture_is_none()
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", """{"prompt":"x","image":[""]}""");
        await Artifact.ReadAsync(response);
        Assert.Equal(PromptTemplate.TextToImage, shared.Mesh.Encoder.Service.Requests.Last().Template);
    }

    [Fact]
    public async Task A_picture_is_refused_at_its_place_in_the_list()
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", Json(new { prompt = "x", image = new[] { First, "data:image/png;base64,AAAA" } }));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("\"loc\":[\"body\",\"image\",1]", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static string Json(object body) => JsonSerializer.Serialize(body);
}
