using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using static QwenMesh.Gateway.Tests.Novita.NovitaCalls;
using ImageFormat = QwenMesh.Imaging.ImageFormat;

namespace QwenMesh.Gateway.Tests.Novita;

/// <summary>What is drawn, and what task-result says of it.</summary>
public sealed class NovitaTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly string Picture = Convert.ToBase64String(EditFiles.Png(10, 64, 64));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("data:image/jpg;base64,")]
    public async Task A_picture_is_edited(string prefix)
    {
        var id = await SubmitAsync(shared.Gateway, "qwen-image-edit", new { prompt = "make it blue", image = prefix + Picture, seed = 158881, output_format = "webp" });
        var result = await EndAsync(shared.Gateway, id);

        Assert.Equal(["extra", "task", "images", "videos", "audios"], result.EnumerateObject().Select(field => field.Name));
        Assert.Equal("158881", result.GetProperty("extra").GetProperty("seed").GetString());
        Assert.False(result.GetProperty("extra").GetProperty("enable_nsfw_detection").GetBoolean());
        Assert.Equal(
            $$"""{"task_id":"{{id}}","task_type":"QWEN_IMAGE_EDIT","status":"TASK_STATUS_SUCCEED","reason":"","eta":0,"progress_percent":100}""",
            result.GetProperty("task").GetRawText());
        var image = Assert.Single(result.GetProperty("images").EnumerateArray());
        Assert.Equal(("webp", JsonValueKind.Null), (image.GetProperty("image_type").GetString(), image.GetProperty("nsfw_detection_result").ValueKind));
        Assert.InRange(int.Parse(image.GetProperty("image_url_ttl").GetString()!, System.Globalization.CultureInfo.InvariantCulture), 1, 24 * 3600);
        Assert.Equal(new ImageInfo(ImageFormat.WebP, 1024, 1024), await FetchAsync(shared.Gateway, result));
        Assert.Equal(PromptTemplate.EditPlus, shared.Mesh.Encoder.Service.Requests.Last().Template);
    }

    [Theory]
    [InlineData("null", 1024, 1024)]
    [InlineData("\"512*768\"", 512, 768)]
    [InlineData("\"256x1536\"", 256, 1536)]
    public async Task A_picture_is_drawn_from_text(string size, int width, int height)
    {
        using var response = await shared.Gateway.PostAsync("/v3/async/qwen-image-txt2img", $$$"""{"prompt":"a circle","size":{{{size}}},"steps":4,"extra":{"enable_nsfw_detection":true}}""");
        Assert.Equal("extra.enable_nsfw_detection, steps", Assert.Single(response.Headers.GetValues("x-qwenmesh-ignored")));
        var result = await EndAsync(shared.Gateway, await IdAsync(response));
        Assert.Equal("QWEN_IMAGE_TXT2IMG", result.GetProperty("task").GetProperty("task_type").GetString());
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, width, height), await FetchAsync(shared.Gateway, result));
    }

    [Fact]
    public async Task The_times_follow_each_other_as_texts()
    {
        var result = await EndAsync(shared.Gateway, await SubmitAsync(shared.Gateway, "qwen-image-txt2img", new { prompt = "x", size = "256*256" }));
        var times = result.GetProperty("extra").GetProperty("debug_info");
        var found = new[] { "submit_time_ms", "execute_time_ms", "complete_time_ms" }
            .Select(name => long.Parse(times.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(found.Order(), found);
        Assert.True(found[0] > 1_700_000_000_000);
    }

    [Theory]
    [InlineData("/v3/async/task-result", 400, "INVALID_REQUEST_BODY", "task_id is required")]
    [InlineData("/v3/async/task-result?task_id=f3b2", 404, "TASK_NOT_FOUND", "there is no job 'f3b2'")]
    [InlineData("/v3/async/other", 404, "MODEL_NOT_FOUND", "no such route: /v3/async/other")]
    public async Task What_is_not_there_is_told_in_the_vendors_shape(string path, int status, string reason, string message)
    {
        using var response = await shared.Gateway.Http.GetAsync(new Uri(path, UriKind.Relative), Stop);
        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal(
            $$$"""{"code":{{{status}}},"reason":"{{{reason}}}","message":"{{{message}}}","metadata":{}}""", await response.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_strict_Gateway_refuses_what_it_does_not_know()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Strict"] = "true" });
        foreach (var (fields, name) in new[] { ("\"steps\":4", "steps"), ("\"extra\":{\"custom_storage\":{}}", "extra.custom_storage") })
        {
            using var response = await mesh.Gateway.PostAsync("/v3/async/qwen-image-txt2img", $$"""{"prompt":"x",{{fields}}}""");
            Assert.Contains($"\"message\":\"{name} is not known\"", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
    }
}
