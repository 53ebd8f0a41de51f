using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using static QwenMesh.Gateway.Tests.WaveSpeed.WaveSpeedCalls;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>What is drawn for each model and field.</summary>
public sealed class WaveSpeedSubmitTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly string First = "data:image/png;base64," + Convert.ToBase64String(EditFiles.Png(10, 64, 64));
    private static readonly string Second = Convert.ToBase64String(EditFiles.Png(20, 128, 64));

    [Theory]
    [InlineData("text-to-image")]
    [InlineData("text-to-image-lora")]
    [InlineData("text-to-image-2512")]
    [InlineData("text-to-image-2512-lora")]
    public async Task Every_model_for_text_draws_with_the_vendors_defaults(string model)
    {
        var created = await PostAsync(shared.Gateway, $"{Family}/{model}", new { prompt = "a circle", loras = Array.Empty<object>() });
        Assert.Equal(
            ["id", "model", "outputs", "urls", "has_nsfw_contents", "status", "created_at", "error", "timings"], created.EnumerateObject().Select(field => field.Name));
        Assert.Equal(
            ("created", "wavespeed-ai/qwen-image/" + model, "", 0, 0),
            (Status(created), created.GetProperty("model").GetString(), created.GetProperty("error").GetString(), created.GetProperty("outputs").GetArrayLength(),
                created.GetProperty("timings").GetProperty("inference").GetInt64()));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$", created.GetProperty("created_at").GetString());

        var completed = await EndAsync(shared.Gateway, created);
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 1024, 1024), await FetchAsync(shared.Gateway, completed));
        Assert.EndsWith(".jpeg", completed.GetProperty("outputs")[0].GetString(), StringComparison.Ordinal);
        Assert.False(Assert.Single(completed.GetProperty("has_nsfw_contents").EnumerateArray()).GetBoolean());
        Assert.True(completed.GetProperty("timings").GetProperty("inference").GetInt64() > 0);
    }

    [Theory]
    [InlineData("edit", "image")]
    [InlineData("edit-lora", "image")]
    [InlineData("edit-plus", "images")]
    [InlineData("edit-plus-lora", "images")]
    [InlineData("edit-2511", "images")]
    [InlineData("edit-2511-lora", "images")]
    public async Task Every_model_for_edits_takes_its_picture_as_a_text_and_as_a_list(string model, string field)
    {
        foreach (var picture in new object[] { First, new[] { First } })
        {
            var completed = await EndAsync(shared.Gateway, await PostAsync(
                shared.Gateway, $"{Family}/{model}", new Dictionary<string, object> { ["prompt"] = "make it blue", [field] = picture, ["output_format"] = "png" }));
            Assert.Equal(new ImageInfo(ImageFormat.Png, 1024, 1024), await FetchAsync(shared.Gateway, completed));
            Assert.Equal(PromptTemplate.EditPlus, shared.Mesh.Encoder.Service.Requests.Last().Template);
            Assert.Equal(new WirePicture(64, 64, 10), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
        }
    }

    [Fact]
    public async Task Several_pictures_keep_their_order()
    {
        await EndAsync(shared.Gateway, await PostAsync(shared.Gateway, $"{Family}/edit-plus", new { prompt = "both", images = new[] { Second, First } }));
        Assert.Equal([20, 10], shared.Mesh.Encoder.Service.Pictures.Last().Select(picture => picture.First));
    }

    [Theory]
    [InlineData("text-to-image", "512*768", 512, 768)]
    [InlineData("text-to-image", "512x768", 512, 768)]
    [InlineData("text-to-image", "1536 * 256", 1536, 256)]
    [InlineData("edit-plus", "300*400", 300, 400)]
    [InlineData("edit", "300*400", 1024, 1024)]
    public async Task A_size_is_drawn_where_the_model_has_one(string model, string size, int width, int height)
    {
        var path = $"{Family}/{model}";
        var completed = await EndAsync(shared.Gateway, await PostAsync(shared.Gateway, path, new { prompt = "x", image = First, size, output_format = "webp" }));
        Assert.Equal(new ImageInfo(ImageFormat.WebP, width, height), await FetchAsync(shared.Gateway, completed));
    }

    [Fact]
    public async Task A_seed_is_used_and_minus_one_is_a_random_one()
    {
        foreach (var seed in new long[] { 0, int.MaxValue, -1, -1 })
        {
            await EndAsync(shared.Gateway, await PostAsync(shared.Gateway, $"{Family}/text-to-image", new { prompt = "x", size = "256*256", seed }));
        }
        var seeds = shared.Mesh.Denoiser.Service.Requests.Select(request => request.Parameters.Seed).ToArray()[^4..];
        Assert.Equal([0ul, int.MaxValue], seeds[..2]);
        Assert.NotEqual(seeds[2], seeds[3]);
    }

    [Fact]
    public async Task Fields_without_influence_are_named()
    {
        using var response = await shared.Gateway.PostAsync($"{Family}/edit", $$"""{"prompt":"x","image":"{{Second}}","size":"300*300","strength":0.5}""");
        Assert.Equal("size, strength", Assert.Single(response.Headers.GetValues("x-qwenmesh-ignored")));
        await EndAsync(shared.Gateway, await DataAsync(response));
    }

    [Fact]
    public async Task The_alias_answers_with_addresses_of_its_own()
    {
        var created = await PostAsync(shared.Gateway, "/wavespeed" + Family + "/text-to-image", new { prompt = "x", size = "256*256" });
        Assert.Equal(
            new Uri(shared.Gateway.Http.BaseAddress!, $"/wavespeed/api/v3/predictions/{Id(created)}/result").AbsoluteUri,
            created.GetProperty("urls").GetProperty("get").GetString());
        Assert.Equal("completed", Status(await EndAsync(shared.Gateway, created)));
    }

    [Fact]
    public async Task A_strict_Gateway_refuses_what_it_does_not_know()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Strict"] = "true" });
        using var response = await mesh.Gateway.PostAsync($"{Family}/text-to-image", """{"prompt":"x","steps":4}""");
        Assert.Equal("""{"code":400,"message":"steps is not known"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
