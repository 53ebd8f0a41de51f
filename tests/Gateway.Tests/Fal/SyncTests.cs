using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Fal;

/// <summary>What fal.run answers.</summary>
public sealed class SyncTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static string Picture(int width = 64, int height = 64) => $"data:image/png;base64,{Convert.ToBase64String(EditFiles.Png(40, width, height))}";

    [Fact]
    public async Task A_picture_has_the_vendors_answer()
    {
        var answer = await shared.Gateway.DrawAsync("""{"prompt":"a red circle","image_size":{"width":640,"height":512},"seed":42,"num_inference_steps":4,"guidance_scale":0}""");
        Assert.True(answer.Status == 200, answer.Text);
        var (url, bytes) = (answer.TextAt("images.0.url")!, answer.At("images.0.file_size").GetInt64());
        Assert.Equal(["images", "timings", "seed", "has_nsfw_concepts", "prompt"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            $$"""{"url":"{{url}}","content_type":"image/png","file_name":"{{answer.Headers["x-fal-request-id"]}}-0.png","file_size":{{bytes}},"width":640,"height":512}""",
            answer.At("images.0").GetRawText());
        Assert.Equal((42, "a red circle", false), (answer.At("seed").GetInt64(), answer.TextAt("prompt"), answer.At("has_nsfw_concepts.0").GetBoolean()));
        Assert.True(answer.At("timings.inference").GetDouble() > 0);
        var file = await shared.Gateway.Http.GetByteArrayAsync(new Uri(url), TestContext.Current.CancellationToken);
        Assert.Equal((new ImageInfo(ImageFormat.Png, 640, 512), bytes), (new VipsDecoder().Probe(file, new ImageLimits()), file.Length));
    }

    [Theory]
    [InlineData("square_hd", 1024, 1024)]
    [InlineData("square", 512, 512)]
    [InlineData("portrait_4_3", 768, 1024)]
    [InlineData("portrait_3_4", 768, 1024)]
    [InlineData("portrait_16_9", 576, 1024)]
    [InlineData("portrait_9_16", 576, 1024)]
    [InlineData("landscape_4_3", 1024, 768)]
    [InlineData("landscape_16_9", 1024, 576)]
    [InlineData(null, 1024, 768)]
    public async Task The_size_has_the_vendors_names(string? name, int width, int height)
    {
        var answer = await shared.Gateway.DrawAsync(name is null ? """{"prompt":"x"}""" : $$"""{"prompt":"x","image_size":"{{name}}"}""");
        Assert.Equal((width, height), (answer.At("images.0.width").GetInt32(), answer.At("images.0.height").GetInt32()));
    }

    [Fact]
    public async Task Several_pictures_of_the_synchronous_mode_are_in_the_answer()
    {
        var answer = await shared.Gateway.DrawAsync("""{"prompt":"x","image_size":"square","num_images":2,"output_format":"jpeg","sync_mode":true}""");
        foreach (var image in answer.At("images").EnumerateArray())
        {
            var url = image.GetProperty("url").GetString()!;
            Assert.StartsWith("data:image/jpeg;base64,", url, StringComparison.Ordinal);
            var file = Convert.FromBase64String(url["data:image/jpeg;base64,".Length..]);
            Assert.Equal((new ImageInfo(ImageFormat.Jpeg, 512, 512), image.GetProperty("file_size").GetInt64()), (new VipsDecoder().Probe(file, new ImageLimits()), file.Length));
        }
        Assert.Equal((2, 2), (answer.At("images").GetArrayLength(), answer.At("has_nsfw_concepts").GetArrayLength()));
    }

    [Theory]
    [InlineData("qwen-image", 30, 2.5, " ")]
    [InlineData("qwen-image/lora", 30, 2.5, " ")]
    [InlineData("qwen-image-2/pro/text-to-image", 30, 2.5, " ")]
    [InlineData("qwen-image-edit", 30, 4, " ")]
    [InlineData("qwen-image-edit-plus", 50, 4, " ")]
    [InlineData("qwen-image-edit-2509/lora", 50, 4, " ")]
    [InlineData("qwen-image-edit-2511", 50, 4, " ")]
    [InlineData("qwen-image-2/edit", 50, 4, " ")]
    public async Task Every_endpoint_has_its_own_defaults(string model, int steps, double guidance, string negative)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var body = model.Contains("edit", StringComparison.Ordinal) ? $$"""{"prompt":"x","image_url":"{{Picture()}}","loras":[]}""" : """{"prompt":"x","loras":[]}""";
        var answer = await mesh.Gateway.DrawAsync(body, model);
        Assert.True(answer.Status == 200, answer.Text);
        var drawn = mesh.Denoiser.Service.Requests.Single().Parameters;
        Assert.Equal((steps, guidance), (drawn.NumInferenceSteps, drawn.TrueCfgScale));
        Assert.Equal(["x", negative], mesh.Encoder.Service.Requests.Single().Prompts);
        Assert.Equal((long)drawn.Seed, answer.At("seed").GetInt64());
        Assert.False(answer.Headers.ContainsKey("x-qwenmesh-ignored"));
    }

    [Theory]
    [InlineData("qwen-image-edit", "image_urls")]
    [InlineData("qwen-image-edit", "image_url")]
    [InlineData("qwen-image-edit-plus", "image_urls")]
    public async Task An_edit_has_its_pictures_shape_and_takes_one_picture_in_a_list_or_not(string model, string field)
    {
        foreach (var pictures in new[] { $"\"{Picture(96, 64)}\"", $"[\"{Picture(96, 64)}\"]" })
        {
            var answer = await shared.Gateway.DrawAsync($$"""{"prompt":"x","{{field}}":{{pictures}}}""", model);
            Assert.True(answer.Status == 200, answer.Text);
            Assert.True(answer.At("images.0.width").GetInt32() > answer.At("images.0.height").GetInt32(), answer.Text);
        }
    }

    [Fact]
    public async Task A_black_picture_stands_for_one_that_is_withheld()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(1)));
        var answer = await mesh.Gateway.DrawAsync("""{"prompt":"x","image_size":"square","num_images":2}""");
        // Both are drawn at the same time; the first one that is finished is withheld.
        var flags = answer.At("has_nsfw_concepts").EnumerateArray().Select(flag => flag.GetBoolean()).ToArray();
        Assert.Equal(2, flags.Length);
        var withheld = Array.IndexOf(flags, true);
        Assert.False(flags[1 - withheld]);
        var black = new VipsDecoder().Decode(Convert.FromBase64String(answer.TextAt($"images.{withheld}.url")!["data:image/png;base64,".Length..]), new ImageLimits());
        Assert.Equal((512, 512, false), (black.Width, black.Height, black.Pixels.Span.ContainsAnyExcept((byte)0)));
        Assert.StartsWith("http", answer.TextAt($"images.{1 - withheld}.url"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_fields_are_named_and_a_strict_gateway_refuses_them()
    {
        const string Body = """{"prompt":"x","image_size":"square","use_turbo":true}""";
        Assert.Equal("use_turbo", (await shared.Gateway.DrawAsync(Body)).Headers["x-qwenmesh-ignored"]);
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:Strict"] = "true" });
        var refused = await mesh.Gateway.DrawAsync(Body);
        Assert.Equal((422, "extra_forbidden"), (refused.Status, refused.TextAt("detail.0.type")));
    }
}
