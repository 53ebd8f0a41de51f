using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using QwenMesh.Imaging;

namespace QwenMesh.Mesh.Tests;

/// <summary>What a NIM client relies on, against the real mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class NimTests(MeshFixture mesh)
{
    [Theory]
    [InlineData("/v1/infer")]
    [InlineData("/v1/genai/qwen/qwen-image")]
    public async Task A_minimal_request_returns_a_jpeg_and_its_seed(string route)
    {
        using var response = await mesh.Http.PostAsJsonAsync(route, new { prompt = "a green ring on a black background", seed = 0, steps = 5 }, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        var artifact = json.RootElement.GetProperty("artifacts")[0];
        Assert.Equal("SUCCESS", artifact.GetProperty("finishReason").GetString());
        Assert.NotEqual(0, artifact.GetProperty("seed").GetInt64());
        var info = new VipsDecoder().Probe(artifact.GetProperty("base64").GetBytesFromBase64(), new ImageLimits());
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 1024, 1024), info);
    }

    [Theory]
    [InlineData("png", ImageFormat.Png)]
    [InlineData("webp", ImageFormat.WebP)]
    [InlineData("jpeg", ImageFormat.Jpeg)]
    public async Task A_size_that_is_not_the_models_is_returned_as_asked(string format, ImageFormat expected)
    {
        var file = await mesh.InferAsync(new { prompt = "a star", width = 1328, height = 1328, steps = 5, seed = 5, output_format = format });
        Assert.Equal(new ImageInfo(expected, 1328, 1328), new VipsDecoder().Probe(file, new ImageLimits()));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_file_and_another_seed_another()
    {
        var request = (int seed) => mesh.InferAsync(new { prompt = "a white cross on a purple background", steps = 5, seed, output_format = "png" });
        var (first, again, other) = (await request(11), await request(11), await request(12));
        Assert.True(first.AsSpan().SequenceEqual(again));
        Assert.False(first.AsSpan().SequenceEqual(other));
    }

    [Fact]
    public async Task A_wrong_request_gets_the_list_of_its_faults()
    {
        using var response = await mesh.Http.PostAsJsonAsync("/v1/infer", new { steps = "many" }, Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        var faults = json.RootElement.GetProperty("detail").EnumerateArray().Select(fault => fault.GetProperty("loc")[1].GetString()).ToArray();
        Assert.Contains("prompt", faults);
        Assert.Contains("steps", faults);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
